"""StyleGAN2's published state dicts as our networks: what is stored under which name, and what it means.

The names are those of StyleGAN2-ADA's and StyleGAN3's repositories, where grids are called by their size:
`synthesis.b8.conv0.weight`. Shapes say how a network is built; what they do not say stands in its construction
arguments.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sparring.errors import CheckpointError
from sparring.layers.grids import plan_channels
from sparring.layers.mapping import RATE
from sparring.layers.minibatch import MinibatchStandardDeviation
from sparring.layers.modulation import TAPS
from sparring.layers.resampling import normalize_taps
from sparring.network import Condition, Network, Shape
from sparring.networks import StyleGAN2Discriminator, StyleGAN2Generator
from sparring.networks.stylegan2 import Architecture

State = Mapping[str, Tensor]
ConversionRule = tuple[str, str, Callable[[Tensor], Tensor]]
"""Our name of a tensor, its published name, and how the one is made from the other."""

FIXED = {"activation": "lrelu", "lr_multiplier": RATE, "resample_filter": list(TAPS), "use_noise": True}
"""Arguments that other values of would give a network that ours is not."""

MEANT = {"conv_clamp", "mbstd_group_size"}
"""Arguments that are read."""

TOLD = {
    "z_dim", "c_dim", "w_dim", "cmap_dim", "img_resolution", "img_channels", "channel_base", "channel_max",
    "architecture", "num_layers", "embed_features", "layer_features", "mbstd_num_channels", "w_avg_beta",
    "num_fp16_res", "fp16_channels_last", "fused_modconv_default", "freeze_layers",
}  # fmt: skip
"""Arguments that the shapes tell too, or that do not change what the network computes in full precision."""


@dataclass(frozen=True)
class Converted:
    """A network of another project as one of ours: how it is built, and the state that it loads."""

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


def convert_generator(state: State, arguments: Mapping[str, Any]) -> Converted:
    """Returns the generator of a published `state` whose constructor was given `arguments`, nested or not.

    Raises:
        CheckpointError: tensors are missing, unknown, or of other shapes than a StyleGAN2 generator has, or an
            argument is one that our generator does not know.
    """
    given = _flatten(arguments)
    sizes = _find_sizes(state, r"synthesis\.b(\d+)\.conv1\.weight")
    channels = [_shape(state, f"synthesis.b{size}.conv1.weight", 4)[0] for size in sizes]
    base, most = _find_plan(channels)
    depth = _count(state, r"mapping\.fc(\d+)\.weight")
    width = _shape(state, "mapping.w_avg", 1)[0]
    told = _shape(state, "mapping.embed.weight", 2)[1] if "mapping.embed.weight" in state else 0
    painted = [size for size in sizes if f"synthesis.b{size}.torgb.weight" in state]
    architecture = _find_architecture(state, f"synthesis.b{sizes[-1]}.skip.weight", painted)
    spec = StyleGAN2Generator.Spec(
        channel_base=base,
        channel_max=most,
        width=width,
        mapping_layers=depth,
        architecture=architecture,
        clamp=given.get("conv_clamp"),
    )
    latent = _shape(state, "mapping.fc0.weight", 2)[1] - (width if told else 0)
    image = (_shape(state, f"synthesis.b{sizes[-1]}.torgb.weight", 4)[0], sizes[-1], sizes[-1])
    rows = [*_mapping_rows(depth, bool(told)), *_synthesis_rows(sizes, painted, architecture)]
    rows.append(("mean_latent.value", "mapping.w_avg", _same))
    return _convert(state, rows, spec, (latent,), image, Condition(told))


def convert_discriminator(state: State, arguments: Mapping[str, Any]) -> Converted:
    """Returns the discriminator of a published `state` whose constructor was given `arguments`, nested or not.

    Raises:
        CheckpointError: as `convert_generator`.
    """
    given = _flatten(arguments)
    sizes = [4, *_find_sizes(state, r"b(\d+)\.conv1\.weight", smallest=8)]
    channels = [_shape(state, "b4.conv.weight", 4)[0]]
    channels += [_shape(state, f"b{size}.conv0.weight", 4)[0] for size in sizes[1:]]
    base, most = _find_plan(channels)
    depth = _count(state, r"mapping\.fc(\d+)\.weight")
    told = _shape(state, "mapping.embed.weight", 2)[1] if "mapping.embed.weight" in state else 0
    seen = [size for size in sizes if f"b{size}.fromrgb.weight" in state]
    architecture = _find_architecture(state, f"b{sizes[-1]}.skip.weight", seen)
    compared = _shape(state, "b4.conv.weight", 4)[1] > channels[0]
    group = given.get("mbstd_group_size", 4)
    spec = StyleGAN2Discriminator.Spec(
        channel_base=base,
        channel_max=most,
        architecture=architecture,
        minibatch=MinibatchStandardDeviation(group=group) if compared else None,
        condition_width=_shape(state, "b4.out.weight", 2)[0] if told else 512,
        mapping_layers=depth or 8,
        clamp=given.get("conv_clamp"),
    )
    image = (_shape(state, f"b{sizes[-1]}.fromrgb.weight", 4)[1], sizes[-1], sizes[-1])
    rows = [*_mapping_rows(depth, bool(told)), *_discriminator_rows(sizes, seen, architecture)]
    return _convert(state, rows, spec, image, (1,), Condition(told))


def _mapping_rows(depth: int, told: bool) -> Iterator[ConversionRule]:
    parts = [(f"layers.{index}", f"fc{index}") for index in range(depth)] + ([("embed", "embed")] if told else [])
    for ours, theirs in parts:
        yield from _pair(f"mapping.{ours}", f"mapping.{theirs}")


def _synthesis_rows(sizes: list[int], painted: list[int], architecture: Architecture) -> Iterator[ConversionRule]:
    yield "constant", "synthesis.b4.const", _same
    for level, size in enumerate(sizes):
        block, theirs = f"blocks.{level}", f"synthesis.b{size}"
        for index, name in enumerate(("conv0", "conv1") if level else ("conv1",)):
            ours, layer = f"{block}.layers.{index}", f"{theirs}.{name}"
            yield f"{ours}.weight", f"{layer}.weight", _transposed if name == "conv0" else _same
            yield f"{ours}.bias", f"{layer}.bias", _same
            yield f"{ours}.noise.strength", f"{layer}.noise_strength", lambda strength: strength.reshape(())
            yield f"{ours}.noise.constant", f"{layer}.noise_const", lambda noise: noise[None, None]
            yield from _pair(f"{ours}.affine", f"{layer}.affine")
        if size in painted:
            ours, layer = f"{block}.to_image", f"{theirs}.torgb"
            yield f"{ours}.weight", f"{layer}.weight", lambda weight: weight[:, :, 0, 0]
            yield f"{ours}.bias", f"{layer}.bias", _same
            yield from _pair(f"{ours}.affine", f"{layer}.affine")
        if level and architecture == "resnet":
            yield f"{block}.shortcut.weight", f"{theirs}.skip.weight", _same


def _discriminator_rows(sizes: list[int], seen: list[int], architecture: Architecture) -> Iterator[ConversionRule]:
    for index, size in enumerate(reversed(sizes[1:])):
        block, theirs = f"blocks.{index}", f"b{size}"
        yield from _pair(f"{block}.first", f"{theirs}.conv0")
        yield from _pair(f"{block}.second", f"{theirs}.conv1")
        if size in seen:
            yield from _pair(f"{block}.from_image", f"{theirs}.fromrgb")
        if architecture == "resnet":
            yield f"{block}.shortcut.weight", f"{theirs}.skip.weight", _same
    if 4 in seen:
        yield from _pair("from_image", "b4.fromrgb")
    for ours, theirs in (("convolve", "conv"), ("hidden", "fc"), ("judge", "out")):
        yield from _pair(ours, f"b4.{theirs}")


def _pair(ours: str, theirs: str) -> Iterator[ConversionRule]:
    for name in ("weight", "bias"):
        yield f"{ours}.{name}", f"{theirs}.{name}", _same


def _same(tensor: Tensor) -> Tensor:
    return tensor


def _transposed(tensor: Tensor) -> Tensor:
    return tensor.transpose(0, 1)


def _convert(
    state: State, rows: list[ConversionRule], spec: Network.Spec, inputs: Shape, outputs: Shape, condition: Condition
) -> Converted:
    """Returns the conversion by `rows`, checked against what `spec` builds."""
    _check_filters(state)
    known = {theirs for _, theirs, _ in rows}
    if unknown := [name for name in state if name not in known and not name.endswith("resample_filter")]:
        raise CheckpointError(f"no StyleGAN2 network has {unknown[0]}; it is another or an altered one")
    made: dict[str, Tensor] = {}
    for ours, theirs, change in rows:
        if theirs not in state:
            raise CheckpointError(f"{theirs} is missing; the network is another or an altered one")
        try:
            made[ours] = change(state[theirs].detach()).float().contiguous().clone()
        except IndexError:
            raise CheckpointError(f"{theirs}: got {tuple(state[theirs].shape)}, not what StyleGAN2 has there") from None
    with torch.device("meta"):
        wanted = spec.build(inputs, outputs, condition).state_dict()
    for (ours, theirs, _), tensor in zip(rows, made.values(), strict=True):
        if ours not in wanted or wanted[ours].shape != tensor.shape:
            expected = tuple(wanted[ours].shape) if ours in wanted else "none"
            raise CheckpointError(f"{theirs}: got {tuple(tensor.shape)} as our {ours}; needs {expected}")
    return Converted(spec, inputs, outputs, condition, made)


def _check_filters(state: State) -> None:
    """Raises `CheckpointError` where images would be resampled otherwise than ours are."""
    taps = normalize_taps(TAPS)
    expected = taps[:, None] * taps
    for name, found in state.items():
        if name.endswith("resample_filter") and (
            found.shape != expected.shape or not torch.allclose(found.float().cpu(), expected, atol=1e-6)
        ):
            raise CheckpointError(f"{name}: got another filter than {TAPS}, the only one that our networks have")


def _flatten(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Returns construction arguments without their nesting (`synthesis_kwargs` and the like), checked."""
    found: dict[str, Any] = {}
    for name, value in arguments.items():
        nested = isinstance(value, Mapping)
        found |= _flatten(value) if nested else {name: value}
    for name, value in found.items():
        plain = list(value) if isinstance(value, tuple) else value
        if name in FIXED and plain != FIXED[name]:
            raise CheckpointError(f"{name}={value!r}: our StyleGAN2 knows {FIXED[name]!r} only")
        if name not in FIXED | dict.fromkeys(MEANT | TOLD):
            raise CheckpointError(f"{name}={value!r} is not an argument of a published StyleGAN2 network")
    return found


def _find_sizes(state: State, pattern: str, smallest: int = 4) -> list[int]:
    """Returns the sizes in names like `pattern`, smallest first; they must double from `smallest` on."""
    sizes = sorted(int(match[1]) for name in state if (match := re.fullmatch(pattern, name)))
    if not sizes or sizes != [smallest << level for level in range(len(sizes))]:
        raise CheckpointError(f"got grids of {sizes or 'no size'}; StyleGAN2's double from {smallest}x{smallest} on")
    return sizes


def _find_plan(channels: list[int]) -> tuple[int, int]:
    """Returns `channel_base` and `channel_max` that give `channels`."""
    base, most = channels[-1] * (4 << (len(channels) - 1)), max(channels)
    if plan_channels(len(channels), base, most) != channels:
        raise CheckpointError(f"got {channels} channels from 4x4 on, which do not halve as StyleGAN2's do")
    return base, most


def _find_architecture(state: State, shortcut: str, with_images: list[int]) -> Architecture:
    return "resnet" if shortcut in state else "skip" if len(with_images) > 1 else "orig"


def _count(state: State, pattern: str) -> int:
    return sum(re.fullmatch(pattern, name) is not None for name in state)


def _shape(state: State, name: str, dimensions: int) -> Shape:
    if name not in state:
        raise CheckpointError(f"{name} is missing; the network is not a StyleGAN2 one, or an altered one")
    if state[name].dim() != dimensions:
        raise CheckpointError(f"{name}: got {tuple(state[name].shape)}; needs {dimensions} dimensions")
    return tuple(state[name].shape)
