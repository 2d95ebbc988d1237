"""Published files are read completely; hostile ones are refused by name before any code runs."""

import argparse
import builtins
import io
import os
import pickle
import struct
import subprocess
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from functools import partial, reduce
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.errors import CheckpointError
from sparring.interop.published import read_published

Write = Callable[..., Path]
Make = Callable[..., Any]
Read = Callable[[str], tuple[dict[str, Any], dict[str, Tensor], dict[str, Tensor]]]


def same(one: Any, other: Any) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_networks_of_a_pickle_are_read_with_their_arguments(
    write_pickle: Write, published: Read, protocol: int, persistent: Make, easy_dict: Make
) -> None:
    config, state, _ = published("generator_skip_16_classes")
    critic_config, critic_state, _ = published("discriminator_resnet_16_classes")
    nested = easy_dict(synthesis_kwargs=easy_dict(channel_base=512, conv_clamp=256), z_dim=64)
    content = {
        "G": persistent("Generator", state, **config),
        "G_ema": persistent("Generator", state, **nested),
        "D": persistent("Discriminator", critic_state, **critic_config),
        "training_set_kwargs": easy_dict(path="faces.zip", use_labels=True, resolution=16),
        "augment_pipe": persistent("AugmentPipe", {"p": torch.tensor(0.3), "Hz_geom": torch.ones(12)}),
    }
    networks = read_published(write_pickle(content, protocol))
    assert list(networks) == ["G", "D", "G_ema"]
    assert same(networks["G"].state, state)
    assert same(networks["D"].state, critic_state)
    assert networks["G"].kind == "Generator"
    assert networks["G"].arguments == config
    assert networks["G_ema"].arguments["synthesis_kwargs"] == {"channel_base": 512, "conv_clamp": 256}


def test_the_clamp_of_a_layer_becomes_an_argument(write_pickle: Write, persistent: Make) -> None:
    network = persistent("Generator", {"synthesis.b4.conv1.weight": torch.ones(1)})
    network.synthesis.b4.conv1.conv_clamp = 256  # type: ignore[union-attr]
    assert read_published(write_pickle({"G": network}))["G"].arguments == {"conv_clamp": 256}


def test_tensors_of_every_type_and_layout_are_unchanged(write_pickle: Write, persistent: Make) -> None:
    numbers = torch.arange(24).view(2, 3, 4)
    state = {
        str(index): tensor.to(dtype)
        for index, (dtype, tensor) in enumerate(
            (dtype, tensor)
            for dtype in (torch.float16, torch.float64, torch.int64, torch.bfloat16, torch.bool)
            for tensor in (numbers, numbers[1, :, ::2], numbers.transpose(0, 2), numbers[0, 0, 0])
        )
    }
    network = persistent("Generator", {"w": torch.ones(1)})
    for name, tensor in state.items():
        network.register_buffer(f"_{name}", tensor)
    network.register_buffer("passing", torch.ones(2), persistent=False)
    networks = dict(read_published(write_pickle({"G": network}))["G"].state)
    assert same(networks, {"w": torch.ones(1), **{f"_{name}": tensor for name, tensor in state.items()}})
    assert all(networks[f"_{name}"].dtype == tensor.dtype for name, tensor in state.items())


def test_state_dicts_of_an_archive_are_read_with_the_arguments_of_the_command(tmp_path: Path) -> None:
    layer = torch.nn.Linear(2, 3)
    state = layer.state_dict()  # an OrderedDict with attributes of its own
    content = {
        "g": state,
        "d": OrderedDict(state),
        "g_ema": dict(state),
        "g_optim": torch.optim.Adam(layer.parameters()).state_dict(),
        "args": argparse.Namespace(size=16, latent=512, mixing=0.9, path=None),
        "ada_aug_p": 0.0,
        "latent_avg": torch.ones(3),
    }
    torch.save(content, tmp_path / "rosinality.pt")
    networks = read_published(tmp_path / "rosinality.pt")
    assert list(networks) == ["g", "d", "g_ema"]
    assert same(networks["g"].state, {**state, "latent_avg": torch.ones(3)})
    assert networks["d"].arguments == {"size": 16, "latent": 512, "mixing": 0.9, "path": None}


class Hostile:
    """Pickled as a call of any function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def evil_storage() -> bytes:
    stream = io.BytesIO()
    torch.save(Hostile(os.system, "touch ran"), stream, _use_new_zipfile_serialization=False)
    return stream.getvalue()


def array_of_objects() -> Any:
    return np.array([Hostile(os.system, "touch ran")], dtype=object)


HOSTILE = {
    "posix.system": lambda: Hostile(os.system, "touch ran"),
    "builtins.eval": lambda: Hostile(eval, "open('ran', 'w')"),
    "builtins.exec": lambda: Hostile(exec, "open('ran', 'w')"),
    "builtins.open": lambda: Hostile(open, "ran", "w"),
    "builtins.getattr": lambda: Hostile(getattr, "text", "upper"),
    "builtins.__import__": lambda: Hostile(builtins.__import__, "os"),
    "subprocess.Popen": lambda: Hostile(subprocess.Popen, "touch ran"),
    "functools.partial": lambda: Hostile(partial, os.system),
    "functools.reduce": lambda: Hostile(reduce, os.system),
    "torch.serialization.load": lambda: Hostile(torch.load, "ran"),
    "torch.hub.load": lambda: Hostile(torch.hub.load, "owner/name", "model"),
    "pickle.loads": lambda: Hostile(pickle.loads, pickle.dumps(Hostile(os.system, "touch ran"))),
    "numpy": lambda: Hostile(np.load, "ran"),
    "numpy's type 'O8'": array_of_objects,
    "a storage that holds something else": lambda: Hostile(torch.storage._load_from_bytes, evil_storage()),
    "torch.nn.modules.linear.Linear": lambda: torch.nn.Linear(2, 2),
    "pathlib": lambda: Path("ran"),
}


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which executed code would leave a file called `ran`."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_pickle_that_could_run_something_is_refused_by_name(
    name: str, protocol: int, write_pickle: Write, elsewhere: Path, persistent: Make
) -> None:
    for place in ("G", "note"):
        content = {place: HOSTILE[name](), "G_ema": persistent("Generator", {"w": torch.ones(1)})}
        path = write_pickle(content, protocol)
        with pytest.raises(CheckpointError) as error:
            read_published(path)
        assert name.rpartition(".")[2] in str(error.value)  # old pickles have other names for modules
        assert "Nothing of it was run" in str(error.value)
        assert not (elsewhere / "ran").exists()


@pytest.mark.parametrize("name", ["posix.system", "builtins.eval", "numpy's type 'O8'"])
def test_the_same_holds_inside_networks_and_archives(
    name: str, write_pickle: Write, elsewhere: Path, persistent: Make
) -> None:
    network = persistent("Generator", {"w": torch.ones(1)})
    network.extra = HOSTILE[name]()
    torch.save({"g": HOSTILE[name]()}, elsewhere / "archive.pt")
    for path in (write_pickle({"G": network}), elsewhere / "archive.pt"):
        with pytest.raises(CheckpointError, match=name.rpartition(".")[2]):
            read_published(path)
    assert not (elsewhere / "ran").exists()


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


def named(module: str, attribute: str) -> bytes:
    return text(module) + text(attribute) + b"\x93"


ORDERED = named("collections", "OrderedDict")

TRICKS = {
    "an old call of a class": (b"(S'touch ran'\nios\nsystem\n.", "the instruction INST"),
    "an old call of what is on the stack": (b"(" + ORDERED + b"o.", "the instruction OBJ"),
    "the registry of extensions": (b"\x80\x04\x82\x01.", "the instruction EXT1"),
    "a persistent identity": (b"\x80\x04" + text("os.system") + b"Q.", "a reference to something outside"),
    "an old persistent identity": (b"Pos.system\n.", "the instruction PERSID"),
    "a name with dots": (
        b"\x80\x04" + named("collections", "OrderedDict.__init__.__globals__") + b".",
        "the name coll",
    ),
    "a name that is no text": (b"\x80\x04" + b"K\x01K\x02\x93.", "the name 1.2"),
    "a name of another module": (b"\x80\x04" + named("sparring.files", "replace_bytes") + b".", "the name sparring"),
    "a call of a number": (b"\x80\x04K\x01)R.", "a call of int"),
    "a call of the result of a call": (b"\x80\x04" + ORDERED + b")R)R.", "a call of UnpickledDict"),
    "a call with keywords": (b"\x80\x04" + ORDERED + b")}" + text("a") + b"K\x01s\x92.", "a call of SafeGlobal"),
    "a state for a name": (b"\x80\x04" + ORDERED + b"}b.", "a state for SafeGlobal"),
    "a state for a plain dict": (b"\x80\x04}}b.", "a state for dict"),
    "attributes for a name": (
        b"\x80\x04" + ORDERED + b"N}" + text("constructor") + b"K\x01s\x86b.",
        "a state for SafeGlobal",
    ),
    "items for a tuple": (b"\x80\x04)K\x01a.", "items for tuple"),
    "items for a name": (b"\x80\x04" + ORDERED + text("constructor") + b"K\x01s.", "items for SafeGlobal"),
    "a type that is called": (b"\x80\x04" + named("torch", "FloatStorage") + b")R.", "a call of a type"),
    "a memo entry that was never stored": (b"\x80\x04h\x07.", "damaged: KeyError"),
    "an empty stack": (b"\x80\x04R.", "damaged: ValueError"),
    "no mark": (b"\x80\x04K\x01t.", "damaged"),
    "more than one value": (b"\x80\x04K\x01K\x02.", "damaged: ValueError"),
    "no end": (b"\x80\x04K\x01", "damaged: ValueError"),
    "a length beyond the file": (b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"x.", "damaged: ValueError"),
    "no pickle": (b"hello", "damaged: KeyError"),
    "nothing": (b"", "damaged: ValueError"),
    "a list": (b"\x80\x04].", "list instead of a dict"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks_of_the_format_are_refused(trick: str, elsewhere: Path) -> None:
    content, message = TRICKS[trick]
    (elsewhere / "trick.pkl").write_bytes(content)
    with pytest.raises(CheckpointError, match=f"trick.pkl holds {message}"):
        read_published(elsewhere / "trick.pkl")
    assert not (elsewhere / "ran").exists()


def test_depth_repetition_and_length_end(elsewhere: Path) -> None:
    deep = b"\x80\x04" + b"]" * 100_000 + b"a" * 99_999 + b"."
    (elsewhere / "deep.pkl").write_bytes(deep)
    with pytest.raises(CheckpointError, match="list instead of a dict"):
        read_published(elsewhere / "deep.pkl")
    pairs = b"".join(b"0(h%ch%cl\x94" % (place, place) for place in range(200))  # each holds the one before twice
    (elsewhere / "doubled.pkl").write_bytes(b"\x80\x04}" + text("G") + b"]\x94" + pairs + b"s.")
    with pytest.raises(CheckpointError, match="holds none of the networks"):
        read_published(elsewhere / "doubled.pkl")
    (elsewhere / "long.pkl").write_bytes(b"\x80\x04" + b"N0" * 600_000 + b"}.")
    with pytest.raises(CheckpointError, match="more than 1,000,000 instructions"):
        read_published(elsewhere / "long.pkl")


def test_networks_shared_twice_do_not_multiply(write_pickle: Write, persistent: Make) -> None:
    network = persistent("Layer", {"w": torch.ones(1)})
    for _ in range(20):
        outer = persistent("Layer", {})
        outer.add_module("one", network)
        outer.add_module("other", network)
        network = outer
    with pytest.raises(CheckpointError, match="more than 10,000 tensors"):
        read_published(write_pickle({"G": network}))


def test_networks_that_are_nested_too_deep_are_refused(write_pickle: Write, persistent: Make) -> None:
    network = persistent("Layer", {"w": torch.ones(1)})
    for _ in range(40):
        outer = persistent("Layer", {})
        outer.add_module("one", network)
        network = outer
    with pytest.raises(CheckpointError, match="more than 32 deep"):
        read_published(write_pickle({"G": network}))


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ((0, (1 << 40,), (0,)), "larger than its storage"),
        ((0, (4,), (100,)), "damaged"),
        ((2, (4,), (1,)), "damaged"),
        ((-1, (1,), (1,)), "damaged"),
        ((0, (-1,), (1,)), "damaged"),
    ],
)
def test_a_tensor_lies_within_its_storage(
    place: tuple[Any, ...], message: str, write_pickle: Write, persistent: Make
) -> None:
    storage = torch.storage.TypedStorage(
        wrap_storage=torch.ones(4).untyped_storage(), dtype=torch.float32, _internal=True
    )
    network = persistent("Generator", {})
    network.extra = Hostile(torch._utils._rebuild_tensor_v2, storage, *place, False, OrderedDict())
    with pytest.raises(CheckpointError, match=message):
        read_published(write_pickle({"G": network}))


def test_compressed_tensors_are_refused(tmp_path: Path) -> None:
    torch.save({"g": {"w": torch.zeros(1000)}}, tmp_path / "plain.pt")
    with (
        zipfile.ZipFile(tmp_path / "plain.pt") as plain,
        zipfile.ZipFile(tmp_path / "small.pt", "w", zipfile.ZIP_DEFLATED) as small,
    ):
        for name in plain.namelist():
            small.writestr(name, plain.read(name))
    with pytest.raises(CheckpointError, match="compressed tensors"):
        read_published(tmp_path / "small.pt")


def test_other_files_are_refused(tmp_path: Path, write_pickle: Write, persistent: Make) -> None:
    with pytest.raises(CheckpointError, match=r"cannot read .*none\.pkl: No such file"):
        read_published(tmp_path / "none.pkl")
    with pytest.raises(CheckpointError, match=r"holds none of the networks G, D, G_ema"):
        read_published(write_pickle({"generator": persistent("Generator", {})}))
    (tmp_path / "zip.pt").write_bytes(b"PK nothing")
    with pytest.raises(CheckpointError, match="an archive that PyTorch did not write"):
        read_published(tmp_path / "zip.pt")
    torch.save({"g": {"w": 1}}, tmp_path / "numbers.pt")
    with pytest.raises(CheckpointError, match="'w' among the weights, which is not a tensor"):
        read_published(tmp_path / "numbers.pt")


def test_the_function_that_runs_source_text_is_never_called(write_pickle: Write, persistent: Make) -> None:
    with pytest.raises(RuntimeError, match="was called"):
        pickle.loads(write_pickle({"G": persistent("Generator", {"w": torch.ones(1)})}).read_bytes())
    read_published(write_pickle({"G": persistent("Generator", {"w": torch.ones(1)})}))
