"""The trunks that LPIPS compares are torchvision's networks, tapped where its authors tapped them."""

import math

import pytest
import torch
from torch.nn.functional import conv2d, max_pool2d

from sparring.backbones.alexnet import AlexNetTrunk
from sparring.backbones.squeezenet import SqueezeNetTrunk
from sparring.backbones.vgg import VGG16, VGG16Trunk
from sparring.backbones.weights import load_frozen
from sparring.errors import WeightsError

MEAN, DEVIATION = (torch.tensor(values).view(3, 1, 1) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))

VGG16_CONVOLUTIONS = {
    0: (64, 3),
    2: (64, 64),
    5: (128, 64),
    7: (128, 128),
    10: (256, 128),
    12: (256, 256),
    14: (256, 256),
    17: (512, 256),
    19: (512, 512),
    21: (512, 512),
    24: (512, 512),
    26: (512, 512),
    28: (512, 512),
}
ALEXNET_CONVOLUTIONS = {0: (64, 3, 11), 3: (192, 64, 5), 6: (384, 192, 3), 8: (256, 384, 3), 10: (256, 256, 3)}
FIRES = {
    3: (16, 64, 64),
    4: (16, 128, 64),
    6: (32, 128, 128),
    7: (32, 256, 128),
    9: (48, 256, 192),
    10: (48, 384, 192),
    11: (64, 384, 256),
    12: (64, 512, 256),
}


def convolution(name, after, before, kernel):
    return {f"{name}.weight": (after, before, kernel, kernel), f"{name}.bias": (after,)}


def vgg16_shapes():
    shapes = {}
    for index, (after, before) in VGG16_CONVOLUTIONS.items():
        shapes |= convolution(f"features.{index}", after, before, 3)
    return shapes


def alexnet_shapes():
    shapes = {}
    for index, sizes in ALEXNET_CONVOLUTIONS.items():
        shapes |= convolution(f"features.{index}", *sizes)
    return shapes


def squeezenet_shapes():
    shapes = convolution("features.0", 64, 3, 3)
    for index, (squeezed, before, expanded) in FIRES.items():
        name = f"features.{index}"
        shapes |= convolution(f"{name}.squeeze", squeezed, before, 1)
        shapes |= convolution(f"{name}.expand1x1", expanded, squeezed, 1)
        shapes |= convolution(f"{name}.expand3x3", expanded, squeezed, 3)
    return shapes


def vgg16_maps(tensors, maps):
    taken = []
    for index in range(30):
        if index in VGG16_CONVOLUTIONS:
            maps = conv2d(maps, tensors[f"features.{index}.weight"], tensors[f"features.{index}.bias"], padding=1)
            maps = maps.relu()
        elif index in (4, 9, 16, 23):
            taken.append(maps)
            maps = max_pool2d(maps, 2)
    return [*taken, maps]


def alexnet_maps(tensors, maps):
    taken = []
    for index, stride, padding in ((0, 4, 2), (3, 1, 2), (6, 1, 1), (8, 1, 1), (10, 1, 1)):
        if index in (3, 6):
            maps = max_pool2d(maps, 3, 2)
        weight, bias = tensors[f"features.{index}.weight"], tensors[f"features.{index}.bias"]
        maps = conv2d(maps, weight, bias, stride, padding).relu()
        taken.append(maps)
    return taken


def squeezenet_maps(tensors, maps):
    maps = conv2d(maps, tensors["features.0.weight"], tensors["features.0.bias"], 2).relu()
    taken = [maps]
    for index in FIRES:
        if index in (3, 6, 9):
            maps = max_pool2d(maps, 3, 2, ceil_mode=True)
        part = {name: tensors[f"features.{index}.{name}.weight"] for name in ("squeeze", "expand1x1", "expand3x3")}
        bias = {name: tensors[f"features.{index}.{name}.bias"] for name in part}
        squeezed = conv2d(maps, part["squeeze"], bias["squeeze"]).relu()
        one = conv2d(squeezed, part["expand1x1"], bias["expand1x1"]).relu()
        other = conv2d(squeezed, part["expand3x3"], bias["expand3x3"], padding=1).relu()
        maps = torch.cat((one, other), 1)
        if index in (4, 7, 9, 10, 11, 12):
            taken.append(maps)
    return taken


TRUNKS = [
    pytest.param(VGG16Trunk, vgg16_shapes, vgg16_maps, id="vgg16"),
    pytest.param(AlexNetTrunk, alexnet_shapes, alexnet_maps, id="alexnet"),
    pytest.param(SqueezeNetTrunk, squeezenet_shapes, squeezenet_maps, id="squeezenet"),
]


def random_tensors(shapes):
    random = torch.Generator().manual_seed(0)
    noise = {name: torch.randn(shape, generator=random) for name, shape in shapes.items()}
    return {name: tensor * (2 / (math.prod(tensor.shape[1:]) or 1)) ** 0.5 for name, tensor in noise.items()}


@pytest.mark.parametrize(("trunk", "shapes", "statement"), TRUNKS)
def test_names_and_shapes_are_torchvisions(trunk, shapes, statement):
    with torch.device("meta"):
        network = trunk()
    assert {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()} == shapes()


@pytest.mark.parametrize(("trunk", "shapes", "statement"), TRUNKS)
@pytest.mark.parametrize("size", [(64, 64), (67, 49)])
def test_maps_equal_an_independent_statement(trunk, shapes, statement, size):
    tensors = random_tensors(shapes())
    network = load_frozen(trunk, tensors, "random")
    images = 255 * torch.rand(2, 3, *size)
    before = images.clone()
    maps = network.pyramid(images)
    wanted = statement(tensors, (images / 255 - MEAN) / DEVIATION)
    assert tuple(level.shape[1] for level in maps) == network.channels
    assert len(maps) == len(wanted)
    for actual, level in zip(maps, wanted, strict=True):
        assert torch.allclose(actual, level, rtol=1e-3, atol=1e-3)
    assert torch.equal(images, before)


def test_the_published_parameter_counts_are_met():
    with torch.device("meta"):
        whole, trunk = VGG16(), SqueezeNetTrunk()
    assert sum(parameter.numel() for parameter in whole.parameters()) == 138_357_544
    # SqueezeNet 1.1 has 1,235,496 with its classifier, a 1x1 convolution to 1000 classes.
    assert sum(parameter.numel() for parameter in trunk.parameters()) == 1_235_496 - 513 * 1000


def test_vgg16_as_a_backbone_has_torchvisions_names():
    with torch.device("meta"):
        network = VGG16()
    shapes = vgg16_shapes()
    for index, after, before in ((0, 4096, 25088), (3, 4096, 4096), (6, 1000, 4096)):
        shapes |= {f"classifier.{index}.weight": (after, before), f"classifier.{index}.bias": (after,)}
    assert {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()} == shapes


def test_vgg16_as_a_backbone_gives_its_second_layer_and_its_classes():
    # A classifier of 25088 x 4096 random numbers takes seconds to draw: constants do.
    convolutions = random_tensors(vgg16_shapes())
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in VGG16().state_dict().items()}
    tensors = convolutions | {name: torch.full(shapes[name], 1e-4) for name in shapes if name.startswith("classifier")}
    tensors["classifier.3.bias"] = torch.linspace(-1, 1, 4096)
    tensors["classifier.6.weight"] = torch.randn(1000, 4096)
    network = load_frozen(VGG16, tensors, "random")
    images = 255 * torch.rand(1, 3, 224, 224)
    extracted = network(images)
    maps = vgg16_maps(tensors, (images / 255 - MEAN) / DEVIATION)
    last = max_pool2d(maps[-1], 2).flatten(1)
    first = (1e-4 * last.sum(1) + 1e-4).relu()
    features = (1e-4 * 4096 * first[:, None] + tensors["classifier.3.bias"]).relu()
    assert torch.allclose(extracted.features, features, rtol=1e-3, atol=1e-4)
    assert torch.allclose(extracted.logits, features @ tensors["classifier.6.weight"].T + 1e-4, rtol=1e-2, atol=1e-2)
    assert torch.allclose(network.maps(images), maps[0], atol=1e-3)


def test_another_networks_weights_are_refused():
    with pytest.raises(WeightsError, match=r"first features\.2\.weight.*first features\.3\.weight"):
        load_frozen(VGG16Trunk, random_tensors(alexnet_shapes()), "alexnet")
