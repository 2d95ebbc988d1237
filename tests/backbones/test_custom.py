"""Any module or function can be a backbone."""

import pytest
import torch
from torch import nn

from sparring.backbones import custom_backbone
from sparring.errors import MetricError


def network():
    return nn.Sequential(nn.Conv2d(3, 5, 8), nn.BatchNorm2d(5), nn.Dropout(), nn.Flatten())


def test_a_module_gives_its_features_in_evaluation_mode():
    module = network()
    images = torch.rand(4, 3, 8, 8)
    extracted = custom_backbone(module, 8, "mine").extract(images)
    assert not module.training
    assert torch.equal(extracted.features, module(images))
    assert extracted.logits.shape == (4, 0)
    assert not extracted.features.requires_grad


def test_functions_of_one_name_are_told_apart_by_what_they_make_of_images():
    one, other = (custom_backbone(lambda images, n=n: images.flatten(1)[:, :n], 8, "mine") for n in (3, 4))
    assert one.digest != other.digest
    assert custom_backbone(lambda images: images.flatten(1)[:, :3], 8, "mine").digest == one.digest


def test_the_digest_is_that_of_parameters_and_buffers():
    module = network()
    digest = custom_backbone(module, 8, "mine").digest
    assert custom_backbone(module, 8, "other").digest == digest
    module[1].running_mean += 1
    changed = custom_backbone(module, 8, "mine").digest
    assert len({digest, changed, custom_backbone(network(), 8, "mine").digest}) == 3


@pytest.mark.parametrize("shape", [(4,), (4, 2, 2), (1, 2)])
def test_features_of_another_shape_are_refused(shape):
    with pytest.raises(MetricError, match=r"backbone mine: gave features .*; needs \[B, d\]"):
        custom_backbone(lambda _images: torch.zeros(shape), 8, "mine").extract(torch.zeros(4, 3, 8, 8))


def test_it_has_no_maps():
    with pytest.raises(MetricError, match="mine: has no feature maps"):
        custom_backbone(network(), 8, "mine").network.maps(torch.zeros(1, 3, 8, 8))
