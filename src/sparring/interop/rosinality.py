"""State dicts of rosinality's StyleGAN2 under the names of StyleGAN2-ADA's, which mean the same networks."""

import re
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from sparring.errors import CheckpointError

State = Mapping[str, Tensor]


def rename_generator(state: State) -> dict[str, Tensor]:
    """Returns a generator's tensors by their names in StyleGAN2-ADA; `latent_avg` may stand among them.

    Without it the mean latent is 0 and has to be estimated. Raises `CheckpointError` where a name is unknown.
    """
    found = {"mapping.w_avg": state["latent_avg"]} if "latent_avg" in state else {}
    for name, tensor in state.items():
        if name != "latent_avg" and not name.endswith("kernel"):
            theirs = _rename_mapping(name) or _rename_synthesis(name)
            found[theirs] = _SQUEEZE[theirs.rsplit(".", 1)[1]](tensor)
    if "mapping.w_avg" not in found and "mapping.fc0.weight" in found:
        found["mapping.w_avg"] = torch.zeros(found["mapping.fc0.weight"].shape[0])
    return found


def rename_discriminator(state: State) -> dict[str, Tensor]:
    """Returns a discriminator's tensors by their names in StyleGAN2-ADA; raises `CheckpointError` as above."""
    blocks = max((int(match[1]) for name in state if (match := re.match(r"convs\.(\d+)\.conv1\.", name))), default=0)
    found = {}
    for name, tensor in state.items():
        if not name.endswith("kernel"):
            found[_rename_judged(name, blocks)] = tensor
    return found


_SQUEEZE: Mapping[str, Callable[[Tensor], Tensor]] = {
    "weight": lambda tensor: tensor[0] if tensor.dim() == 5 else tensor,
    "bias": lambda tensor: tensor.flatten(),
    "const": lambda tensor: tensor[0],
    "noise_const": lambda tensor: tensor[0, 0],
    "noise_strength": lambda tensor: tensor.squeeze(),
}
"""By the end of a name in StyleGAN2-ADA, what takes away the axes of 1 that rosinality's tensors have more."""

_ENDS = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "noise.weight": "noise_strength",
    "activate.bias": "bias",
    "bias": "bias",
}
"""What a layer has, in both."""


def _rename_mapping(name: str) -> str | None:
    match = re.fullmatch(r"style\.(\d+)\.(weight|bias)", name)
    return f"mapping.fc{int(match[1]) - 1}.{match[2]}" if match else None  # the first is a normalization


def _rename_synthesis(name: str) -> str:
    if name == "input.input":
        return "synthesis.b4.const"
    if match := re.fullmatch(r"noises\.noise_(\d+)", name):
        return f"synthesis.{_place_layer(int(match[1]))}.noise_const"
    match = re.fullmatch(r"(?:(conv1)|convs\.(\d+)|(to_rgb1)|to_rgbs\.(\d+))\.(.+)", name)
    if match is None or match[5] not in _ENDS:
        raise CheckpointError(f"{name} is no tensor of rosinality's StyleGAN2 generator")
    first, layer, first_image, image, end = match.groups()
    if first or layer:
        place = _place_layer(0 if first else int(layer) + 1)
    else:
        place = f"b{4 if first_image else 8 << int(image)}.torgb"
    return f"synthesis.{place}.{_ENDS[end]}"


def _place_layer(index: int) -> str:
    """Returns where the styled convolution `index` stands: one on the grid of 4, then two on each."""
    return f"b{4 << (index + 1) // 2}.conv{(index + 1) % 2}"


def _rename_judged(name: str, blocks: int) -> str:
    if match := re.fullmatch(r"final_(conv|linear)\.([01])\.(weight|bias)", name):
        return f"b4.{'conv' if match[1] == 'conv' else ('fc', 'out')[int(match[2])]}.{match[3]}"
    if match := re.fullmatch(r"convs\.0\.[01]\.(weight|bias)", name):
        return f"b{4 << blocks}.fromrgb.{match[1]}"
    match = re.fullmatch(r"convs\.(\d+)\.(conv1|conv2|skip)\.\d\.(weight|bias)", name)
    if match is None:
        raise CheckpointError(f"{name} is no tensor of rosinality's StyleGAN2 discriminator")
    place = {"conv1": "conv0", "conv2": "conv1", "skip": "skip"}[match[2]]
    return f"b{4 << (blocks - int(match[1]) + 1)}.{place}.{match[3]}"
