"""Converts StyleGAN2's published state dicts to our networks.

The names are those of the StyleGAN2-ADA and StyleGAN3 repositories, where blocks are named by resolution:
`synthesis.b8.conv0.weight`. The spec follows from the shapes; the rest comes from the construction arguments.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sparring.errors import CheckpointError
from sparring.interop.published import StateDict
from sparring.layers.grids import plan_channels
from sparring.layers.mapping import RATE
from sparring.layers.minibatch import MinibatchStandardDeviation
from sparring.layers.modulation import TAPS
from sparring.layers.resampling import normalize_taps
from sparring.network import Condition, Network, Shape
from sparring.networks import StyleGAN2Discriminator, StyleGAN2Generator
from sparring.networks.stylegan2 import Architecture

ConversionRule = tuple[str, str, Callable[[Tensor], Tensor]]
"""Our name of a tensor, its published name, and the transform from published to ours."""

FIXED = {"activation": "lrelu", "lr_multiplier": RATE, "resample_filter": list(TAPS), "use_noise": True}
"""Arguments that must have these values: our network has no others."""

READ = {"conv_clamp", "mbstd_group_size"}
"""Arguments that the spec is built from."""

IGNORED = {
    "z_dim", "c_dim", "w_dim", "cmap_dim", "img_resolution", "img_channels", "channel_base", "channel_max",
    "architecture", "num_layers", "embed_features", "layer_features", "mbstd_num_channels", "w_avg_beta",
    "num_fp16_res", "fp16_channels_last", "fused_modconv_default", "freeze_layers",
}  # fmt: skip
"""Arguments that the shapes imply, or that do not change the network's outputs in full precision."""


@dataclass(frozen=True)
class Converted:
    """A foreign network converted to ours: its spec and shapes, and the state to load."""

    spec: Network.Spec
    inputs: Shape
    outputs: Shape
    condition: Condition
    state: dict[str, Tensor]

    def build(self) -> Network:
        """Returns the network with its weights, in evaluation mode."""
        network = self.spec.build(self.inputs, self.outputs, self.condition)
        network.load_state_dict(self.state)
        return network.eval()


def convert_generator(state: StateDict, arguments: Mapping[str, Any]) -> Converted:
    """Returns the generator of a published `state` and its constructor's `arguments`, nested or not.

    Raises:
        CheckpointError: a tensor is missing, unknown or of the wrong shape for a StyleGAN2 generator, or our generator
            does not support an argument.
    """
    options = _flatten(arguments)
    sizes = _find_sizes(state, r"synthesis\.b(\d+)\.conv1\.weight")
    channels = [_shape(state, f"synthesis.b{size}.conv1.weight", 4)[0] for size in sizes]
    channel_base, channel_max = _find_plan(channels)
    depth = _count(state, r"mapping\.fc(\d+)\.weight")
    width = _shape(state, "mapping.w_avg", 1)[0]
    classes = _shape(state, "mapping.embed.weight", 2)[1] if "mapping.embed.weight" in state else 0
    image_sizes = [size for size in sizes if f"synthesis.b{size}.torgb.weight" in state]
    architecture = _find_architecture(state, f"synthesis.b{sizes[-1]}.skip.weight", image_sizes)
    spec = StyleGAN2Generator.Spec(
        channel_base=channel_base,
        channel_max=channel_max,
        width=width,
        mapping_layers=depth,
        architecture=architecture,
        clamp=options.get("conv_clamp"),
    )
    latent = _shape(state, "mapping.fc0.weight", 2)[1] - (width if classes else 0)
    image = (_shape(state, f"synthesis.b{sizes[-1]}.torgb.weight", 4)[0], sizes[-1], sizes[-1])
    rules = [*_mapping_rules(depth, bool(classes)), *_synthesis_rules(sizes, image_sizes, architecture)]
    rules.append(("mean_latent.value", "mapping.w_avg", _unchanged))
    return _convert(state, rules, spec, (latent,), image, Condition(classes))


def convert_discriminator(state: StateDict, arguments: Mapping[str, Any]) -> Converted:
    """Returns the discriminator of a published `state` and its constructor's `arguments`, nested or not.

    Raises:
        CheckpointError: as `convert_generator`.
    """
    options = _flatten(arguments)
    sizes = [4, *_find_sizes(state, r"b(\d+)\.conv1\.weight", smallest=8)]
    channels = [_shape(state, "b4.conv.weight", 4)[0]]
    channels += [_shape(state, f"b{size}.conv0.weight", 4)[0] for size in sizes[1:]]
    channel_base, channel_max = _find_plan(channels)
    depth = _count(state, r"mapping\.fc(\d+)\.weight")
    classes = _shape(state, "mapping.embed.weight", 2)[1] if "mapping.embed.weight" in state else 0
    image_sizes = [size for size in sizes if f"b{size}.fromrgb.weight" in state]
    architecture = _find_architecture(state, f"b{sizes[-1]}.skip.weight", image_sizes)
    has_statistic = _shape(state, "b4.conv.weight", 4)[1] > channels[0]
    group = options.get("mbstd_group_size", 4)
    spec = StyleGAN2Discriminator.Spec(
        channel_base=channel_base,
        channel_max=channel_max,
        architecture=architecture,
        minibatch=MinibatchStandardDeviation(group=group) if has_statistic else None,
        condition_width=_shape(state, "b4.out.weight", 2)[0] if classes else 512,
        mapping_layers=depth or 8,
        clamp=options.get("conv_clamp"),
    )
    image = (_shape(state, f"b{sizes[-1]}.fromrgb.weight", 4)[1], sizes[-1], sizes[-1])
    rules = [*_mapping_rules(depth, bool(classes)), *_discriminator_rules(sizes, image_sizes, architecture)]
    return _convert(state, rules, spec, image, (1,), Condition(classes))


def _mapping_rules(depth: int, conditional: bool) -> Iterator[ConversionRule]:
    parts = [(f"layers.{index}", f"fc{index}") for index in range(depth)]
    parts += [("embed", "embed")] if conditional else []
    for ours, theirs in parts:
        yield from _rename_layer(f"mapping.{ours}", f"mapping.{theirs}")


def _synthesis_rules(sizes: list[int], image_sizes: list[int], architecture: Architecture) -> Iterator[ConversionRule]:
    yield "constant", "synthesis.b4.const", _unchanged
    for level, size in enumerate(sizes):
        block, theirs = f"blocks.{level}", f"synthesis.b{size}"
        for index, name in enumerate(("conv0", "conv1") if level else ("conv1",)):
            ours, layer = f"{block}.layers.{index}", f"{theirs}.{name}"
            yield f"{ours}.weight", f"{layer}.weight", _transposed if name == "conv0" else _unchanged
            yield f"{ours}.bias", f"{layer}.bias", _unchanged
            yield f"{ours}.noise.strength", f"{layer}.noise_strength", lambda strength: strength.reshape(())
            yield f"{ours}.noise.constant", f"{layer}.noise_const", lambda noise: noise[None, None]
            yield from _rename_layer(f"{ours}.affine", f"{layer}.affine")
        if size in image_sizes:
            ours, layer = f"{block}.to_image", f"{theirs}.torgb"
            yield f"{ours}.weight", f"{layer}.weight", lambda weight: weight[:, :, 0, 0]
            yield f"{ours}.bias", f"{layer}.bias", _unchanged
            yield from _rename_layer(f"{ours}.affine", f"{layer}.affine")
        if level and architecture == "resnet":
            yield f"{block}.shortcut.weight", f"{theirs}.skip.weight", _unchanged


def _discriminator_rules(
    sizes: list[int], image_sizes: list[int], architecture: Architecture
) -> Iterator[ConversionRule]:
    for index, size in enumerate(reversed(sizes[1:])):
        block, theirs = f"blocks.{index}", f"b{size}"
        yield from _rename_layer(f"{block}.first", f"{theirs}.conv0")
        yield from _rename_layer(f"{block}.second", f"{theirs}.conv1")
        if size in image_sizes:
            yield from _rename_layer(f"{block}.from_image", f"{theirs}.fromrgb")
        if architecture == "resnet":
            yield f"{block}.shortcut.weight", f"{theirs}.skip.weight", _unchanged
    if 4 in image_sizes:
        yield from _rename_layer("from_image", "b4.fromrgb")
    for ours, theirs in (("convolve", "conv"), ("hidden", "fc"), ("head", "out")):
        yield from _rename_layer(ours, f"b4.{theirs}")


def _rename_layer(ours: str, theirs: str) -> Iterator[ConversionRule]:
    for name in ("weight", "bias"):
        yield f"{ours}.{name}", f"{theirs}.{name}", _unchanged


def _unchanged(tensor: Tensor) -> Tensor:
    return tensor


def _transposed(tensor: Tensor) -> Tensor:
    return tensor.transpose(0, 1)


def _convert(
    state: StateDict,
    rules: list[ConversionRule],
    spec: Network.Spec,
    inputs: Shape,
    outputs: Shape,
    condition: Condition,
) -> Converted:
    """Returns `state` converted by `rules`, checked against the network that `spec` builds."""
    _check_filters(state)
    known = {theirs for _, theirs, _ in rules}
    if unknown := [name for name in state if name not in known and not name.endswith("resample_filter")]:
        raise CheckpointError(f"no StyleGAN2 network has {unknown[0]}; this is a different or modified network")
    converted: dict[str, Tensor] = {}
    for ours, theirs, change in rules:
        if theirs not in state:
            raise CheckpointError(f"{theirs} is missing; this is a different or modified network")
        try:
            converted[ours] = change(state[theirs].detach()).float().contiguous().clone()
        except IndexError:
            raise CheckpointError(
                f"{theirs}: got {tuple(state[theirs].shape)}, not a shape that StyleGAN2 has there"
            ) from None
    with torch.device("meta"):
        expected_state = spec.build(inputs, outputs, condition).state_dict()
    for (ours, theirs, _), tensor in zip(rules, converted.values(), strict=True):
        if ours not in expected_state or expected_state[ours].shape != tensor.shape:
            expected = tuple(expected_state[ours].shape) if ours in expected_state else "none"
            raise CheckpointError(f"{theirs}: got {tuple(tensor.shape)} as our {ours}; needs {expected}")
    return Converted(spec, inputs, outputs, condition, converted)


def _check_filters(state: StateDict) -> None:
    """Raises `CheckpointError` if a resampling filter differs from ours."""
    taps = normalize_taps(TAPS)
    expected = taps[:, None] * taps
    for name, kernel in state.items():
        if name.endswith("resample_filter") and (
            kernel.shape != expected.shape or not torch.allclose(kernel.float().cpu(), expected, atol=1e-6)
        ):
            raise CheckpointError(f"{name}: got another filter than {TAPS}, the only one our networks support")


def _flatten(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Returns construction arguments without nesting (`synthesis_kwargs` and others), checked."""
    options: dict[str, Any] = {}
    for name, value in arguments.items():
        options |= _flatten(value) if isinstance(value, Mapping) else {name: value}
    for name, value in options.items():
        plain = list(value) if isinstance(value, tuple) else value
        if name in FIXED and plain != FIXED[name]:
            raise CheckpointError(f"{name}={value!r}: our StyleGAN2 supports only {FIXED[name]!r}")
        if name not in FIXED.keys() | READ | IGNORED:
            raise CheckpointError(f"{name}={value!r} is not an argument of a published StyleGAN2 network")
    return options


def _find_sizes(state: StateDict, pattern: str, smallest: int = 4) -> list[int]:
    """Returns the resolutions in names that match `pattern`, ascending; they must double from `smallest`."""
    sizes = sorted(int(match[1]) for name in state if (match := re.fullmatch(pattern, name)))
    if not sizes or sizes != [smallest << level for level in range(len(sizes))]:
        raise CheckpointError(f"got resolutions {sizes or 'of no size'}; StyleGAN2's double from {smallest}x{smallest}")
    return sizes


def _find_plan(channels: list[int]) -> tuple[int, int]:
    """Returns `channel_base` and `channel_max` that give `channels`."""
    channel_base, channel_max = channels[-1] * (4 << (len(channels) - 1)), max(channels)
    if plan_channels(len(channels), channel_base, channel_max) != channels:
        raise CheckpointError(f"got {channels} channels from 4x4 up, which do not halve as StyleGAN2's do")
    return channel_base, channel_max


def _find_architecture(state: StateDict, shortcut: str, with_images: list[int]) -> Architecture:
    return "resnet" if shortcut in state else "skip" if len(with_images) > 1 else "orig"


def _count(state: StateDict, pattern: str) -> int:
    return sum(re.fullmatch(pattern, name) is not None for name in state)


def _shape(state: StateDict, name: str, dimensions: int) -> Shape:
    if name not in state:
        raise CheckpointError(f"{name} is missing; this is not StyleGAN2, or a modified one")
    if state[name].dim() != dimensions:
        raise CheckpointError(f"{name}: got {tuple(state[name].shape)}; needs {dimensions} dimensions")
    return tuple(state[name].shape)
