"""PublishedFixture StyleGAN2 states, converted, compute what the published networks compute."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.errors import CheckpointError
from sparring.interop.stylegan2 import Converted, convert_discriminator, convert_generator
from sparring.networks import StyleGAN2Discriminator, StyleGAN2Generator

FOLDER = Path(__file__).parents[1] / "fixtures" / "stylegan2"
GENERATORS = ["skip_32", "resnet_32", "skip_16_classes"]
DISCRIMINATORS = ["resnet_32", "skip_32", "resnet_16_classes"]


class PublishedFixture:
    """One published network: its arguments, its state, and what it computed."""

    def __init__(self, kind: str, name: str) -> None:
        with np.load(FOLDER / f"stylegan2_{kind}_{name}.npz") as archive:
            arguments = json.loads(bytes(archive["config"]))
            tensors = {name: torch.from_numpy(archive[name]) for name in archive.files if name != "config"}
        self.arguments: dict[str, Any] = {
            name: value for name, value in arguments.items() if name not in ("kind", "mapping_layers")
        }
        self.state = {name[6:]: tensor for name, tensor in tensors.items() if name.startswith("state/")}
        self.io = {name[3:]: tensor for name, tensor in tensors.items() if name.startswith("io/")}
        self.convert = {"generator": convert_generator, "discriminator": convert_discriminator}[kind]
        self.classes = self.io["c"].argmax(1) if arguments["c_dim"] else None

    def converted(self) -> Converted:
        return self.convert(self.state, self.arguments)


def relative(actual: Tensor, expected: Tensor) -> float:
    assert actual.shape == expected.shape
    return ((actual - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_gives_the_published_images(name: str) -> None:
    published = PublishedFixture("generator", name)
    network = published.converted().build()
    assert isinstance(network, StyleGAN2Generator)
    ws = network.broadcast(network.mapping(published.io["z"], published.classes))
    truncated, noise = network.truncate(ws, 0.7, layers=4), network.constant_noise()
    for actual, expected in (
        (ws, "ws"),
        (truncated, "ws_truncated"),
        (network.synthesize(ws, noise), "image"),
        (network.synthesize(truncated, noise), "image_truncated"),
        (network.synthesize(ws), "image_without_noise"),
    ):
        assert relative(actual, published.io[expected]) < 1e-5
        torch.testing.assert_close(actual, published.io[expected], rtol=1e-4, atol=1e-4)
    clamped = network(published.io["z"], published.classes)
    torch.testing.assert_close(clamped, published.io["image"].clamp(-1, 1), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_has_the_published_gradients(name: str) -> None:
    published = PublishedFixture("generator", name)
    network = published.converted().build()
    assert isinstance(network, StyleGAN2Generator)
    latents = published.io["z"].requires_grad_()
    ws = network.broadcast(network.mapping(latents, published.classes))
    images = network.synthesize(ws, network.constant_noise())
    (gradient,) = torch.autograd.grad((images * published.io["probe"]).sum(), latents)
    assert relative(gradient, published.io["grad_z"]) < 1e-5


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_a_discriminator_gives_the_published_scores_and_gradients(name: str) -> None:
    published = PublishedFixture("discriminator", name)
    network = published.converted().build()
    images = published.io["image"]
    scores, gradient = network.input_gradient(images, published.classes)
    assert relative(scores, published.io["score"]) < 1e-5
    # One activation of the published skip network is on the wrong side of its kink: float64 gives our numbers.
    assert relative(gradient, published.io["grad_image"]) < 1e-4
    assert relative(gradient.square().sum((1, 2, 3)), published.io["r1"]) < 1e-5


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_a_discriminators_penalty_has_the_published_derivatives(name: str) -> None:
    published = PublishedFixture("discriminator", name)
    converted = published.converted()
    network = converted.build()
    _, gradient = network.input_gradient(published.io["image"], published.classes)
    gradient.square().sum((1, 2, 3)).mean().backward()
    actual = sorted(0.0 if p.grad is None else p.grad.norm().item() for p in network.parameters())
    expected = sorted(norm.item() for name, norm in published.io.items() if name.startswith("r1_grad_norm/"))
    assert actual == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_the_spec_follows_from_shapes_and_arguments() -> None:
    converted = PublishedFixture("generator", "resnet_32").converted()
    spec = StyleGAN2Generator.Spec(
        channel_base=512, channel_max=32, width=64, mapping_layers=2, architecture="resnet", clamp=256
    )
    assert converted.spec == spec
    assert (converted.inputs, converted.outputs) == ((64,), (3, 32, 32))
    converted = PublishedFixture("discriminator", "resnet_16_classes").converted()
    assert isinstance(converted.spec, StyleGAN2Discriminator.Spec)
    assert (converted.spec.condition_width, converted.spec.architecture) == (16, "resnet")
    assert (converted.inputs, converted.outputs, converted.condition.classes) == ((3, 16, 16), (1,), 3)


def test_arguments_may_be_nested_as_in_published_checkpoints() -> None:
    published = PublishedFixture("discriminator", "resnet_32")
    published.arguments = {
        "c_dim": 0, "img_resolution": 32, "img_channels": 3, "channel_base": 512, "num_fp16_res": 4,
        "conv_clamp": 256, "block_kwargs": {"freeze_layers": 0}, "epilogue_kwargs": {"mbstd_group_size": 8},
        "mapping_kwargs": {"lr_multiplier": 0.01},
    }  # fmt: skip
    spec = published.converted().spec
    assert isinstance(spec, StyleGAN2Discriminator.Spec)
    assert spec.minibatch is not None
    assert (spec.clamp, spec.minibatch.group) == (256, 8)


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("generator", lambda state: state.pop("synthesis.b8.conv0.weight"), "b8.conv0.weight is missing"),
        ("generator", lambda state: state.pop("mapping.w_avg"), "mapping.w_avg is missing"),
        ("generator", lambda state: state.update(extra=torch.ones(1)), "no StyleGAN2 network has extra"),
        ("generator", lambda state: state.update({"synthesis.b4.const": torch.ones(32, 5, 4)}), "got .32, 5, 4."),
        ("generator", lambda state: state.update({"mapping.w_avg": torch.ones(64, 1)}), "needs 1 dimensions"),
        ("generator", lambda state: state["synthesis.b8.resample_filter"].mul_(2), "another filter"),
        ("generator", dict.clear, "no size"),
        ("discriminator", lambda state: state.update({"b4.out.weight": torch.ones(2, 32)}), "b4.out.weight: got"),
        ("discriminator", lambda state: state.pop("b16.conv1.weight"), "double from"),
    ],
)
def test_a_modified_state_is_refused_by_name(kind: str, change: Any, message: str) -> None:
    published = PublishedFixture(kind, "resnet_32")
    change(published.state)
    with pytest.raises(CheckpointError, match=message):
        published.converted()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"activation": "relu"}, "activation='relu': our StyleGAN2 supports only 'lrelu'"),
        ({"mapping_kwargs": {"lr_multiplier": 1}}, "lr_multiplier=1"),
        ({"magnitude_ema_beta": 0.9}, "magnitude_ema_beta=0.9 is not an argument"),
    ],
)
def test_arguments_that_make_another_network_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        convert_generator(PublishedFixture("generator", "skip_32").state, arguments)
