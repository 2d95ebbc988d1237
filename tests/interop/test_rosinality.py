"""rosinality's names of StyleGAN2's tensors become those of StyleGAN2-ADA."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from sparring.errors import CheckpointError
from sparring.interop.rosinality import rename_discriminator, rename_generator

Make = Callable[..., dict[str, Tensor]]
Read = Callable[[str], tuple[dict[str, Any], dict[str, Tensor], dict[str, Tensor]]]


def test_a_generators_names_and_shapes_become_those_of_stylegan2_ada(published: Read, as_rosinality: Make) -> None:
    _, state, _ = published("generator_skip_32")
    renamed = rename_generator(as_rosinality(state, [4, 8, 16, 32], 2))
    expected = {name: tensor for name, tensor in state.items() if not name.endswith("resample_filter")}
    assert renamed.keys() == expected.keys()
    assert all(torch.equal(renamed[name], expected[name]) for name in expected)


def test_without_a_mean_latent_it_is_0(published: Read, as_rosinality: Make) -> None:
    _, state, _ = published("generator_skip_32")
    state_dict = as_rosinality(state, [4, 8, 16, 32], 2)
    del state_dict["latent_avg"]
    assert torch.equal(rename_generator(state_dict)["mapping.w_avg"], torch.zeros(len(state["mapping.w_avg"])))


def test_a_discriminators_names_become_those_of_stylegan2_ada(published: Read) -> None:
    _, state, _ = published("discriminator_resnet_32")
    names = {"b32.fromrgb.weight": "convs.0.0.weight", "b32.fromrgb.bias": "convs.0.1.bias"}
    for index, size in enumerate((32, 16, 8), 1):
        names |= {
            f"b{size}.conv0.weight": f"convs.{index}.conv1.0.weight",
            f"b{size}.conv0.bias": f"convs.{index}.conv1.1.bias",
            f"b{size}.conv1.weight": f"convs.{index}.conv2.1.weight",
            f"b{size}.conv1.bias": f"convs.{index}.conv2.2.bias",
            f"b{size}.skip.weight": f"convs.{index}.skip.1.weight",
        }
    names |= {
        "b4.conv.weight": "final_conv.0.weight",
        "b4.conv.bias": "final_conv.1.bias",
        "b4.fc.weight": "final_linear.0.weight",
        "b4.fc.bias": "final_linear.0.bias",
        "b4.out.weight": "final_linear.1.weight",
        "b4.out.bias": "final_linear.1.bias",
    }
    expected = {name: tensor for name, tensor in state.items() if not name.endswith("resample_filter")}
    assert names.keys() == expected.keys()
    state_dict = {names[name]: tensor for name, tensor in expected.items()}
    renamed = rename_discriminator({**state_dict, "convs.1.conv2.0.kernel": torch.ones(4, 4)})
    assert renamed.keys() == expected.keys()
    assert all(torch.equal(renamed[name], expected[name]) for name in expected)


@pytest.mark.parametrize("rename", [rename_generator, rename_discriminator])
def test_an_unknown_name_is_reported(rename: Callable[[dict[str, Tensor]], dict[str, Tensor]]) -> None:
    with pytest.raises(CheckpointError, match=r"convs\.1\.odd\.weight is not a tensor of rosinality's StyleGAN2"):
        rename({"convs.1.odd.weight": torch.ones(1)})
