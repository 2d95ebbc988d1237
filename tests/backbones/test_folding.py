"""Folding a batch norm changes the time that a network takes, not what it says."""

import torch
from torch import nn

from sparring.backbones.folding import fold_batch_norms


def random_norm(channels):
    norm = nn.BatchNorm2d(channels, eps=1e-3)
    with torch.no_grad():
        norm.weight.normal_(1, 0.5)
        norm.bias.normal_()
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.1, 3)
    return norm


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, stride=2, bias=False),
        random_norm(6),
        nn.ReLU(),
        nn.Sequential(nn.Conv2d(6, 6, 3, padding=1, groups=6), random_norm(6)),
        nn.Conv2d(6, 4, 1),
    ).eval()


def test_outputs_are_equal_up_to_rounding():
    one = network().double()
    images = torch.randn(2, 3, 9, 9, dtype=torch.double)
    before = one(images)
    fold_batch_norms(one)
    assert torch.allclose(one(images), before, rtol=0, atol=1e-12)


def test_no_batch_norm_is_left_and_nothing_else_is_touched():
    one = network()
    last = one[4]
    fold_batch_norms(one)
    assert not [module for module in one.modules() if isinstance(module, nn.BatchNorm2d)]
    assert one[4] is last


def test_a_batch_norm_that_follows_no_convolution_stays():
    one = nn.Sequential(nn.ReLU(), random_norm(3)).eval()
    images = torch.randn(2, 3, 4, 4)
    before = one(images)
    fold_batch_norms(one)
    assert torch.equal(one(images), before)
