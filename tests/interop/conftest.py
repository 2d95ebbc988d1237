"""Files in the layout of other projects, written with stand-ins for their modules."""

import copyreg
import json
import pickle
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

FIXTURES = Path(__file__).parents[1] / "fixtures" / "stylegan2"

SOURCE = "raise RuntimeError('the source text of a checkpoint was run')"


class EasyDict(dict[str, Any]):
    """A dict with an empty `__dict__`, which is pickled too."""

    def __reduce__(self) -> Any:
        return copyreg.__newobj__, (EasyDict,), {}, None, iter(self.items())  # type: ignore[attr-defined]


def _reconstruct_persistent_obj(meta: Any) -> None:
    raise RuntimeError("the function that runs source text was called")


class PersistentModule(nn.Module):
    """A module pickled as a call with its class name, its `__dict__` and source code."""

    def __init__(self, name: str, **arguments: Any) -> None:
        super().__init__()
        self.class_name = name
        self._init_args, self._init_kwargs = (), EasyDict(arguments)

    def __reduce__(self) -> Any:
        meta = {"type": "class", "version": 6, "module_src": SOURCE, "class_name": self.class_name}
        return _reconstruct_persistent_obj, (meta | {"state": self.__dict__},)


@pytest.fixture
def easy_dict() -> type[dict[str, Any]]:
    """The class of the dicts in published files."""
    return EasyDict


@pytest.fixture
def persistent() -> Callable[..., Any]:
    """Makes nested modules that hold a state, as `persistent(class_name, state, **arguments)`."""

    def make(name: str, state: Mapping[str, Tensor], **arguments: Any) -> PersistentModule:
        root = PersistentModule(name, **arguments)
        for path, tensor in state.items():
            *parents, last = path.split(".")
            module: Any = root
            for parent in parents:
                if parent not in module._modules:
                    module.add_module(parent, PersistentModule(f"{parent}Layer"))
                module = module.get_submodule(parent)
            if last in ("noise_const", "resample_filter", "w_avg"):
                module.register_buffer(last, tensor)
            else:
                module.register_parameter(last, nn.Parameter(tensor))
            module.weight_gain, module.size = np.float64(0.5), np.array([3, 4])  # as in some published files
        return root

    return make


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registers the classes here under their published names during a test."""
    for module, thing in (("dnnlib.util", EasyDict), ("torch_utils.persistence", _reconstruct_persistent_obj)):
        package = module.partition(".")[0]
        monkeypatch.setitem(sys.modules, package, ModuleType(package))
        stand_in = ModuleType(module)
        setattr(stand_in, thing.__name__, thing)
        monkeypatch.setitem(sys.modules, module, stand_in)
        monkeypatch.setattr(thing, "__module__", module)


@pytest.fixture
def published() -> Callable[[str], tuple[dict[str, Any], dict[str, Tensor], dict[str, Tensor]]]:
    """Returns the construction arguments, the state and the inputs and outputs of a published network's fixture."""

    def read(name: str) -> tuple[dict[str, Any], dict[str, Tensor], dict[str, Tensor]]:
        archive = np.load(FIXTURES / f"stylegan2_{name}.npz")
        config = json.loads(bytes(archive["config"]))
        parts = [
            {path.removeprefix(prefix): torch.from_numpy(archive[path]) for path in archive if path.startswith(prefix)}
            for prefix in ("state/", "io/")
        ]
        del config["kind"]
        if "mapping_layers" in config:
            config["mapping_kwargs"] = {"num_layers": config.pop("mapping_layers")}
        return config, parts[0], parts[1]

    return read


@pytest.fixture
def write_pickle(stand_ins: None, tmp_path: Path) -> Callable[[Any], Path]:
    """Pickles a value as published."""

    def write(value: Any, protocol: int = 4) -> Path:
        path = tmp_path / "network.pkl"
        path.write_bytes(pickle.dumps(value, protocol))
        return path

    return write


def generator_names(sizes: list[int], depth: int) -> dict[str, str]:
    """Returns rosinality's names by those of StyleGAN2-ADA."""
    names = {"synthesis.b4.const": "input.input", "mapping.w_avg": "latent_avg"}
    for index in range(depth):
        names |= {f"mapping.fc{index}.{end}": f"style.{index + 1}.{end}" for end in ("weight", "bias")}
    noises = 0
    for level, size in enumerate(sizes):
        layers = (
            {"conv1": "conv1"} if level == 0 else {"conv0": f"convs.{2 * level - 2}", "conv1": f"convs.{2 * level - 1}"}
        )
        for theirs, layer in layers.items():
            place = f"synthesis.b{size}.{theirs}"
            names |= {
                f"{place}.weight": f"{layer}.conv.weight",
                f"{place}.affine.weight": f"{layer}.conv.modulation.weight",
                f"{place}.affine.bias": f"{layer}.conv.modulation.bias",
                f"{place}.noise_strength": f"{layer}.noise.weight",
                f"{place}.noise_const": f"noises.noise_{noises}",
                f"{place}.bias": f"{layer}.activate.bias",
            }
            noises += 1
        image = "to_rgb1" if level == 0 else f"to_rgbs.{level - 1}"
        place = f"synthesis.b{size}.torgb"
        names |= {
            f"{place}.weight": f"{image}.conv.weight",
            f"{place}.affine.weight": f"{image}.conv.modulation.weight",
            f"{place}.affine.bias": f"{image}.conv.modulation.bias",
            f"{place}.bias": f"{image}.bias",
        }
    return names


def widen(name: str, tensor: Tensor) -> Tensor:
    """Returns `tensor` with the extra axes of length 1 of rosinality's."""
    if name.endswith(("conv.weight", "input.input")):
        return tensor[None]
    if name.startswith("noises"):
        return tensor[None, None]
    if name.startswith("to_rgb") and name.endswith(".bias") and "modulation" not in name:
        return tensor.view(1, -1, 1, 1)
    return tensor.view(1) if name.endswith("noise.weight") else tensor


@pytest.fixture
def as_rosinality() -> Callable[[dict[str, Tensor], list[int], int], dict[str, Tensor]]:
    """Renames a generator's state of StyleGAN2-ADA, of some sizes and a depth of mapping, as rosinality's."""

    def rename(state: dict[str, Tensor], sizes: list[int], depth: int) -> dict[str, Tensor]:
        names = generator_names(sizes, depth)
        renamed = {
            names[name]: widen(names[name], state[name]) for name in state if not name.endswith("resample_filter")
        }
        kernel = torch.tensor([1.0, 3.0, 3.0, 1.0]).outer(torch.tensor([1.0, 3.0, 3.0, 1.0])) / 16
        return {**renamed, "convs.0.conv.blur.kernel": kernel, "to_rgbs.0.upsample.kernel": kernel}

    return rename
