"""DINOv2 and CLIP, by models of their kinds that are small and random."""

import builtins

import pytest
import torch

from sparring.backbones import find_backbone
from sparring.errors import MetricError, MissingExtraError, WeightsError

MOMENTS = {
    "dinov2": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
}


@pytest.fixture(scope="module")
def transformers():
    return pytest.importorskip("transformers", reason="the package transformers is not installed")


@pytest.fixture(scope="module")
def models(transformers):
    torch.manual_seed(0)
    small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "patch_size": 14, "image_size": 224}
    clip = transformers.CLIPVisionConfig(**small, intermediate_size=64, projection_dim=16)
    return {
        "dinov2": transformers.Dinov2Model(transformers.Dinov2Config(**small)).eval(),
        "clip": transformers.CLIPVisionModelWithProjection(clip).eval(),
    }


def features(model, name, normalized):
    extracted = model(pixel_values=normalized)
    return extracted.last_hidden_state[:, 0] if name == "dinov2" else extracted.image_embeds


@pytest.mark.parametrize(("name", "size"), [("dinov2", 32), ("clip", 16)])
def test_features_are_the_models_own_of_images_that_it_was_trained_on(models, tmp_path, name, size):
    models[name].save_pretrained(tmp_path)
    actual = find_backbone(name, tmp_path)
    images = 255 * torch.rand(2, 3, actual.size, actual.size)
    mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in MOMENTS[name])
    extracted = actual.extract(images)
    with torch.no_grad():
        wanted = features(models[name], name, (images / 255 - mean) / deviation)
    assert extracted.features.shape == (2, size)
    assert torch.allclose(extracted.features, wanted, atol=1e-5)
    assert extracted.logits.shape == (2, 0)
    assert actual.title("FD") == f"FD-{name}"
    assert len(actual.digest) == 64


def test_it_has_no_early_maps(models, tmp_path):
    models["dinov2"].save_pretrained(tmp_path)
    with pytest.raises(MetricError, match="has no early feature maps"):
        find_backbone("dinov2", tmp_path).network.maps(torch.zeros(1, 3, 28, 28))


def test_a_folder_that_is_not_there_or_empty_is_a_sentence(transformers, tmp_path):
    with pytest.raises(WeightsError, match="there is no such folder"):
        find_backbone("dinov2", tmp_path / "absent")
    with pytest.raises(WeightsError, match=r"cannot be loaded \(.*\); give a folder with its config\.json"):
        find_backbone("clip", tmp_path)


def test_without_the_package_the_message_says_how_to_install_it(monkeypatch):
    whole = builtins.__import__

    def without(name, *rest):
        if name == "transformers":
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r'pip install "sparring\[transformers\]"'):
        find_backbone("dinov2")
