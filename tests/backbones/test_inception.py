"""Inception is the network of the original FID: layer by layer, by a statement of its own."""

import math

import pytest
import torch
from torch.nn import functional

from sparring.backbones.inception import Inception
from sparring.backbones.weights import load_frozen

# The graph's convolutions: name, output channels, input channels, kernel height and width.
TABLE = """
Conv2d_1a_3x3 32 3 3 3
Conv2d_2a_3x3 32 32 3 3
Conv2d_2b_3x3 64 32 3 3
Conv2d_3b_1x1 80 64 1 1
Conv2d_4a_3x3 192 80 3 3
Mixed_5b.branch1x1 64 192 1 1
Mixed_5b.branch5x5_1 48 192 1 1
Mixed_5b.branch5x5_2 64 48 5 5
Mixed_5b.branch3x3dbl_1 64 192 1 1
Mixed_5b.branch3x3dbl_2 96 64 3 3
Mixed_5b.branch3x3dbl_3 96 96 3 3
Mixed_5b.branch_pool 32 192 1 1
Mixed_5c.branch1x1 64 256 1 1
Mixed_5c.branch5x5_1 48 256 1 1
Mixed_5c.branch5x5_2 64 48 5 5
Mixed_5c.branch3x3dbl_1 64 256 1 1
Mixed_5c.branch3x3dbl_2 96 64 3 3
Mixed_5c.branch3x3dbl_3 96 96 3 3
Mixed_5c.branch_pool 64 256 1 1
Mixed_5d.branch1x1 64 288 1 1
Mixed_5d.branch5x5_1 48 288 1 1
Mixed_5d.branch5x5_2 64 48 5 5
Mixed_5d.branch3x3dbl_1 64 288 1 1
Mixed_5d.branch3x3dbl_2 96 64 3 3
Mixed_5d.branch3x3dbl_3 96 96 3 3
Mixed_5d.branch_pool 64 288 1 1
Mixed_6a.branch3x3 384 288 3 3
Mixed_6a.branch3x3dbl_1 64 288 1 1
Mixed_6a.branch3x3dbl_2 96 64 3 3
Mixed_6a.branch3x3dbl_3 96 96 3 3
Mixed_7a.branch3x3_1 192 768 1 1
Mixed_7a.branch3x3_2 320 192 3 3
Mixed_7a.branch7x7x3_1 192 768 1 1
Mixed_7a.branch7x7x3_2 192 192 1 7
Mixed_7a.branch7x7x3_3 192 192 7 1
Mixed_7a.branch7x7x3_4 192 192 3 3
"""

TABLE_6 = """
branch1x1 192 768 1 1
branch7x7_1 N 768 1 1
branch7x7_2 N N 1 7
branch7x7_3 192 N 7 1
branch7x7dbl_1 N 768 1 1
branch7x7dbl_2 N N 7 1
branch7x7dbl_3 N N 1 7
branch7x7dbl_4 N N 7 1
branch7x7dbl_5 192 N 1 7
branch_pool 192 768 1 1
"""

TABLE_7 = """
branch1x1 320 N 1 1
branch3x3_1 384 N 1 1
branch3x3_2a 384 384 1 3
branch3x3_2b 384 384 3 1
branch3x3dbl_1 448 N 1 1
branch3x3dbl_2 384 448 3 3
branch3x3dbl_3a 384 384 1 3
branch3x3dbl_3b 384 384 3 1
branch_pool 192 N 1 1
"""


def published_shapes():
    """Names and shapes of the published file."""
    lines = TABLE.split("\n")
    for block, table, number in (
        ("Mixed_6b", TABLE_6, 128),
        ("Mixed_6c", TABLE_6, 160),
        ("Mixed_6d", TABLE_6, 160),
        ("Mixed_6e", TABLE_6, 192),
        ("Mixed_7b", TABLE_7, 1280),
        ("Mixed_7c", TABLE_7, 2048),
    ):
        lines += [f"{block}.{line}".replace(" N", f" {number}") for line in table.split("\n") if line]
    shapes = {"fc.weight": (1008, 2048), "fc.bias": (1008,)}
    for name, *sizes in (line.split() for line in lines if line):
        shape = tuple(map(int, sizes))
        shapes[f"{name}.conv.weight"] = shape
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.bn.{part}"] = shape[:1]
    return shapes


@pytest.fixture(scope="module")
def tensors():
    random = torch.Generator().manual_seed(0)
    actual = {}
    for name, shape in published_shapes().items():
        noise = torch.randn(shape, generator=random)
        actual[name] = noise * (2 / (math.prod(shape[1:]) or 1)) ** 0.5
        if name.endswith("running_var"):
            actual[name] = 0.5 + noise.square()
        elif name.endswith("bn.weight"):
            actual[name] = 1 + 0.1 * noise
    return actual


class Statement:
    """The graph, operation by operation: valid convolutions where it halves, same ones elsewhere."""

    def __init__(self, tensors):
        self.tensors = tensors

    def layer(self, maps, name, stride=1, valid=False):
        weight = self.tensors[f"{name}.conv.weight"]
        padding = 0 if valid else (weight.shape[2] // 2, weight.shape[3] // 2)
        norm = [self.tensors[f"{name}.bn.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
        return functional.batch_norm(functional.conv2d(maps, weight, None, stride, padding), *norm, eps=1e-3).relu()

    def chain(self, maps, *names):
        for name in names:
            maps = self.layer(maps, name)
        return maps

    def average(self, maps):
        """Averages over the positions that are there: sums over their counts."""
        ones = torch.ones_like(maps[:1, :1])
        kernel = ones.new_ones(1, 1, 3, 3)
        sums = functional.conv2d(maps.flatten(0, 1)[:, None], kernel, padding=1).view_as(maps)
        return sums / functional.conv2d(ones, kernel, padding=1)

    def block_5(self, maps, b):
        return [
            self.layer(maps, f"{b}.branch1x1"),
            self.chain(maps, f"{b}.branch5x5_1", f"{b}.branch5x5_2"),
            self.chain(maps, *(f"{b}.branch3x3dbl_{index}" for index in (1, 2, 3))),
            self.layer(self.average(maps), f"{b}.branch_pool"),
        ]

    def block_6a(self, maps):
        double = self.chain(maps, "Mixed_6a.branch3x3dbl_1", "Mixed_6a.branch3x3dbl_2")
        return [
            self.layer(maps, "Mixed_6a.branch3x3", 2, valid=True),
            self.layer(double, "Mixed_6a.branch3x3dbl_3", 2, valid=True),
            functional.max_pool2d(maps, 3, 2),
        ]

    def block_6(self, maps, b):
        return [
            self.layer(maps, f"{b}.branch1x1"),
            self.chain(maps, *(f"{b}.branch7x7_{index}" for index in (1, 2, 3))),
            self.chain(maps, *(f"{b}.branch7x7dbl_{index}" for index in (1, 2, 3, 4, 5))),
            self.layer(self.average(maps), f"{b}.branch_pool"),
        ]

    def block_7a(self, maps):
        one = self.layer(maps, "Mixed_7a.branch3x3_1")
        other = self.chain(maps, *(f"Mixed_7a.branch7x7x3_{index}" for index in (1, 2, 3)))
        return [
            self.layer(one, "Mixed_7a.branch3x3_2", 2, valid=True),
            self.layer(other, "Mixed_7a.branch7x7x3_4", 2, valid=True),
            functional.max_pool2d(maps, 3, 2),
        ]

    def block_7(self, maps, b, pooled):
        one = self.layer(maps, f"{b}.branch3x3_1")
        double = self.chain(maps, f"{b}.branch3x3dbl_1", f"{b}.branch3x3dbl_2")
        return [
            self.layer(maps, f"{b}.branch1x1"),
            self.layer(one, f"{b}.branch3x3_2a"),
            self.layer(one, f"{b}.branch3x3_2b"),
            self.layer(double, f"{b}.branch3x3dbl_3a"),
            self.layer(double, f"{b}.branch3x3dbl_3b"),
            self.layer(pooled, f"{b}.branch_pool"),
        ]

    def stages(self, images):
        """Returns each stage's output by the name of the module that makes it."""
        out = {"Conv2d_1a_3x3": self.layer((images - 128) * 0.0078125, "Conv2d_1a_3x3", 2, valid=True)}
        out["Conv2d_2a_3x3"] = self.layer(out["Conv2d_1a_3x3"], "Conv2d_2a_3x3", valid=True)
        out["Conv2d_2b_3x3"] = self.layer(out["Conv2d_2a_3x3"], "Conv2d_2b_3x3")
        out["maxpool1"] = functional.max_pool2d(out["Conv2d_2b_3x3"], 3, 2)
        out["Conv2d_3b_1x1"] = self.layer(out["maxpool1"], "Conv2d_3b_1x1")
        out["Conv2d_4a_3x3"] = self.layer(out["Conv2d_3b_1x1"], "Conv2d_4a_3x3", valid=True)
        out["maxpool2"] = maps = functional.max_pool2d(out["Conv2d_4a_3x3"], 3, 2)
        for b in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
            out[b] = maps = torch.cat(self.block_5(maps, b), 1)
        out["Mixed_6a"] = maps = torch.cat(self.block_6a(maps), 1)
        for b in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
            out[b] = maps = torch.cat(self.block_6(maps, b), 1)
        out["Mixed_7a"] = maps = torch.cat(self.block_7a(maps), 1)
        out["Mixed_7b"] = maps = torch.cat(self.block_7(maps, "Mixed_7b", self.average(maps)), 1)
        pooled = functional.max_pool2d(maps, 3, 1, 1)
        out["Mixed_7c"] = torch.cat(self.block_7(maps, "Mixed_7c", pooled), 1)
        return out


def test_names_and_shapes_are_the_published_ones():
    with torch.device("meta"):
        network = Inception()
    actual = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items() if "num_" not in name}
    assert actual == published_shapes()


def test_tensors_fill_the_published_file():
    # 23,834,568 parameters have torchvision's without its auxiliary head; here are 8 classes more.
    with torch.device("meta"):
        network = Inception()
    assert sum(parameter.numel() for parameter in network.parameters()) == 23_834_568 + 8 * 2049
    tensors = [tensor for name, tensor in network.state_dict().items() if "num_" not in name]
    size = 4 * sum(tensor.numel() for tensor in tensors)
    assert 0 < (95_628_359 - size) / len(tensors) < 200, "bytes that the published file's format adds to a tensor"


def test_every_stage_equals_an_independent_statement(tensors):
    exact = {name: tensor.double() for name, tensor in tensors.items()}
    with torch.device("meta"):
        network = Inception()
    network.load_state_dict(exact, strict=False, assign=True)
    actual = {}
    for name, module in network.named_children():
        module.register_forward_hook(lambda _module, _input, output, name=name: actual.update({name: output}))
    images = 255 * torch.rand(1, 3, 111, 91, generator=torch.Generator().manual_seed(1)).double()
    with torch.no_grad():
        network.eval()(images)
        wanted = Statement(exact).stages(images)
    assert actual.keys() == wanted.keys(), "the last layer is not run: its weights alone are taken"
    for name, output in wanted.items():
        assert torch.allclose(actual[name], output, rtol=1e-9, atol=1e-9), name


@pytest.fixture(scope="module")
def network(tensors):
    return load_frozen(Inception, tensors, "random")


def test_features_are_averages_and_logits_have_no_bias(network, tensors):
    images = 255 * torch.rand(2, 3, 91, 91)
    extracted = network(images)
    last = Statement(tensors).stages(images)["Mixed_7c"]
    assert torch.allclose(extracted.features, last.mean((2, 3)), rtol=1e-3, atol=1e-4)
    assert torch.allclose(extracted.logits, extracted.features @ tensors["fc.weight"].T, rtol=1e-4, atol=1e-4)


def test_the_frozen_network_is_the_same_function(network, tensors):
    images = 255 * torch.rand(1, 3, 91, 91)
    with torch.device("meta"):
        plain = Inception()
    plain.load_state_dict(tensors, strict=False, assign=True)
    with torch.no_grad():
        wanted = plain.eval()(images).features
    assert torch.allclose(network(images).features, wanted, rtol=1e-3, atol=1e-4)


def test_images_of_299_give_8x8_positions_and_2048_features(network):
    shapes = []
    handle = network.Mixed_7c.register_forward_hook(lambda _module, _input, output: shapes.append(output.shape))
    extracted = network(torch.zeros(1, 3, 299, 299))
    handle.remove()
    assert shapes == [(1, 2048, 8, 8)]
    assert (extracted.features.shape, extracted.logits.shape) == ((1, 2048), (1, 1008))


def test_maps_are_those_before_the_first_pooling(network, tensors):
    images = 255 * torch.rand(1, 3, 50, 41)
    wanted = Statement(tensors).stages
    maps = network.maps(images)
    assert maps.shape == (1, 64, (50 - 3) // 2 - 1, (41 - 3) // 2 - 1)
    larger = torch.nn.functional.pad(images, (0, 60, 0, 60))
    assert torch.allclose(maps[..., :20, :15], wanted(larger)["Conv2d_2b_3x3"][..., :20, :15], rtol=1e-3, atol=1e-4)
