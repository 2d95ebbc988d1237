"""StateDict dicts of rosinality's StyleGAN2 under the names of StyleGAN2-ADA's, which mean the same networks."""

import re
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from sparring.errors import CheckpointError
from sparring.interop.published import StateDict


def rename_generator(state: StateDict) -> dict[str, Tensor]:
    """Returns a generator's tensors by their names in StyleGAN2-ADA; `state` may contain `latent_avg`.

    Without it the mean latent is 0 and has to be estimated. Raises `CheckpointError` if a name is unknown.
    """
    renamed = {"mapping.w_avg": state["latent_avg"]} if "latent_avg" in state else {}
    for name, tensor in state.items():
        if name != "latent_avg" and not name.endswith("kernel"):
            theirs = _rename_mapping(name) or _rename_synthesis(name)
            renamed[theirs] = _SQUEEZE[theirs.rsplit(".", 1)[1]](tensor)
    if "mapping.w_avg" not in renamed and "mapping.fc0.weight" in renamed:
        renamed["mapping.w_avg"] = torch.zeros(renamed["mapping.fc0.weight"].shape[0])
    return renamed


def rename_discriminator(state: StateDict) -> dict[str, Tensor]:
    """Returns a discriminator's tensors by their names in StyleGAN2-ADA; raises `CheckpointError` for unknown names."""
    blocks = max((int(match[1]) for name in state if (match := re.match(r"convs\.(\d+)\.conv1\.", name))), default=0)
    return {_rename_critic(name, blocks): tensor for name, tensor in state.items() if not name.endswith("kernel")}


_SQUEEZE: Mapping[str, Callable[[Tensor], Tensor]] = {
    "weight": lambda tensor: tensor[0] if tensor.dim() == 5 else tensor,
    "bias": lambda tensor: tensor.flatten(),
    "const": lambda tensor: tensor[0],
    "noise_const": lambda tensor: tensor[0, 0],
    "noise_strength": lambda tensor: tensor.squeeze(),
}
"""Removes the extra axes of length 1 in rosinality's tensors, by the last part of the name in StyleGAN2-ADA."""

_ENDS = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "noise.weight": "noise_strength",
    "activate.bias": "bias",
    "bias": "bias",
}
"""The tensors of a layer, in both."""


def _rename_mapping(name: str) -> str | None:
    match = re.fullmatch(r"style\.(\d+)\.(weight|bias)", name)
    return f"mapping.fc{int(match[1]) - 1}.{match[2]}" if match else None  # layer 0 is a normalization


def _rename_synthesis(name: str) -> str:
    if name == "input.input":
        return "synthesis.b4.const"
    if match := re.fullmatch(r"noises\.noise_(\d+)", name):
        return f"synthesis.{_layer_path(int(match[1]))}.noise_const"
    match = re.fullmatch(r"(?:(conv1)|convs\.(\d+)|(to_rgb1)|to_rgbs\.(\d+))\.(.+)", name)
    if match is None or match[5] not in _ENDS:
        raise CheckpointError(f"{name} is not a tensor of rosinality's StyleGAN2 generator")
    first, layer, first_image, image, end = match.groups()
    if first or layer:
        place = _layer_path(0 if first else int(layer) + 1)
    else:
        place = f"b{4 if first_image else 8 << int(image)}.torgb"
    return f"synthesis.{place}.{_ENDS[end]}"


def _layer_path(index: int) -> str:
    """Returns the path of the styled convolution `index`: one at 4x4, then two per resolution."""
    return f"b{4 << (index + 1) // 2}.conv{(index + 1) % 2}"


def _rename_critic(name: str, blocks: int) -> str:
    if match := re.fullmatch(r"final_(conv|linear)\.([01])\.(weight|bias)", name):
        return f"b4.{'conv' if match[1] == 'conv' else ('fc', 'out')[int(match[2])]}.{match[3]}"
    if match := re.fullmatch(r"convs\.0\.[01]\.(weight|bias)", name):
        return f"b{4 << blocks}.fromrgb.{match[1]}"
    match = re.fullmatch(r"convs\.(\d+)\.(conv1|conv2|skip)\.\d\.(weight|bias)", name)
    if match is None:
        raise CheckpointError(f"{name} is not a tensor of rosinality's StyleGAN2 discriminator")
    place = {"conv1": "conv0", "conv2": "conv1", "skip": "skip"}[match[2]]
    return f"b{4 << (blocks - int(match[1]) + 1)}.{place}.{match[3]}"
