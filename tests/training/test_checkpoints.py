"""A checkpoint reads back bit for bit, or is refused with a sentence."""

import errno
import math
import os
import pickle
import random
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from sparring.direction import ScoreDirection
from sparring.errors import CheckpointError, RunError
from sparring.network import Condition
from sparring.training.checkpoints import (
    Checkpoint,
    CheckpointFacts,
    list_checkpoints,
    read_checkpoint,
    read_facts,
    write_checkpoint,
)
from sparring.training.tensor_file import read_tensor_file, write_tensor_file

FACTS = CheckpointFacts(
    recipe={"name": "café", "game": {"kind": "GAN"}},
    sample=(3, 8, 16),
    attributes=("bald", "hat"),
    condition=Condition(numbers=2, examples=((0.5, 1.0), (0.25, 0.0))),
    depth=16,
    stage=1,
    begin=640,
    step=3,
    images=960,
    seconds=1.5,
    scores={"fid": 1.5},
    score_directions={"fid": "lower"},
    optimizers={"generator": "Adam"},
)


def example() -> Checkpoint:
    torch.manual_seed(0)
    tensors = {
        "game/weight": torch.randn(3, 2, 4, 4).contiguous(memory_format=torch.channels_last),
        "game/half": torch.randn(5).bfloat16(),
        "game/mask": torch.tensor([True, False]),
        "optimizers/step": torch.tensor(7.0),
        "game/count": torch.tensor(2**40),
        "game/empty": torch.empty(0, 3),
        "game/special": torch.tensor([float("nan"), float("inf"), -0.0]),
    }
    return Checkpoint(tensors, FACTS)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "0000000001.safetensors"
    write_checkpoint(path, example())
    return path


def bits(tensor: torch.Tensor) -> bytes:
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def test_a_checkpoint_reads_back_bit_for_bit(written: Path) -> None:
    checkpoint, expected = read_checkpoint(written), example()
    assert checkpoint.facts == expected.facts == read_facts(written)
    assert checkpoint.facts.condition.examples == expected.facts.condition.examples  # not part of the equality
    assert checkpoint.tensors.keys() == expected.tensors.keys()
    for name, tensor in expected.tensors.items():
        assert checkpoint.tensors[name].dtype == tensor.dtype
        assert checkpoint.tensors[name].shape == tensor.shape
        assert bits(checkpoint.tensors[name]) == bits(tensor)


def test_a_part_holds_the_names_below_its_prefix() -> None:
    assert example().part("optimizers").keys() == {"step"}
    assert example().part("opt") == {}


def test_a_truncated_checkpoint_is_refused(written: Path) -> None:
    whole = written.read_bytes()
    lengths = {0, 1, 2, 7, 8, 9, 100, len(whole) // 2, len(whole) - 1, *range(0, len(whole), 37)}
    for length in lengths:
        written.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match=r"damaged.*Use another checkpoint"):
            read_checkpoint(written)


def test_a_checkpoint_with_more_behind_it_is_refused(written: Path) -> None:
    written.write_bytes(written.read_bytes() + b"\0")
    with pytest.raises(CheckpointError, match="damaged"):
        read_checkpoint(written)


def test_a_checkpoint_with_one_flipped_bit_is_refused(written: Path) -> None:
    whole = written.read_bytes()
    head = 8 + int.from_bytes(whole[:8], "little")
    places = random.Random(0)
    flips = [*range(64), *places.sample(range(64, 8 * head), 250), *places.sample(range(8 * head, 8 * len(whole)), 100)]
    for flip in flips:
        damaged = bytearray(whole)
        damaged[flip // 8] ^= 1 << flip % 8
        written.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=r"damaged|another project|newer sparring|pickle") as raised:
            read_checkpoint(written)
        assert str(written) in str(raised.value)


def test_the_facts_of_a_flipped_head_are_read_or_refused_but_never_a_traceback(written: Path) -> None:
    whole = written.read_bytes()
    for flip in range(0, 8 * (8 + int.from_bytes(whole[:8], "little")), 11):
        damaged = bytearray(whole)
        damaged[flip // 8] ^= 1 << flip % 8
        written.write_bytes(damaged)
        try:
            assert isinstance(read_facts(written), CheckpointFacts)
        except CheckpointError:
            continue


def _newer(path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, path, {"format": "sparring-checkpoint", "facts": '{"version": 99}'})


def _foreign(path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, path, {"format": "pt"})


def _bare(path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, path)


def _old_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps({"state_dict": [1, 2]}))


def _torch_file(path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, path)


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_newer, r"newer sparring .*version 99.*pip install --upgrade sparring"),
        (_foreign, r"safetensors file of another project"),
        (_bare, r"safetensors file of another project"),
        (_old_pickle, r"is a pickle.*can run code.*reads only its own"),
        (_torch_file, r"is a pickle.*can run code.*reads only its own"),
        (_zip, r"pickle|damaged"),
        (lambda path: None, r"no checkpoint at"),
        (lambda path: path.mkdir(), r"cannot read .*: Is a directory"),
        (lambda path: path.write_text("a picture"), r"damaged"),
    ],
)
def test_what_is_no_checkpoint_is_refused_by_its_name(
    make: Callable[[Path], Any], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "some.safetensors"
    make(path)
    for read in (read_checkpoint, read_facts):
        with pytest.raises(CheckpointError, match=message) as raised:
            read(path)
        assert str(path) in str(raised.value)


@pytest.mark.parametrize("length", [0x4B50, 0x80 + 0x300], ids=["like a zip", "like a pickle"])
def test_a_head_whose_length_looks_like_a_pickle_is_no_pickle(length: int, tmp_path: Path) -> None:
    path, tensors = tmp_path / "some.safetensors", {"weight": torch.zeros(3)}
    for padding in range(length - 400, length, 8):
        write_tensor_file(path, tensors, {"padding": "x" * padding})
        if path.read_bytes()[:2] == length.to_bytes(2, "little"):
            break
    assert path.read_bytes()[:2] == length.to_bytes(2, "little")
    assert read_tensor_file(path)[0].keys() == {"weight"}


def test_no_code_in_a_pickle_is_run(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "exploded",)

    path = tmp_path / "some.safetensors"
    for write in (lambda: path.write_bytes(pickle.dumps(Bomb())), lambda: torch.save(Bomb(), path)):
        write()
        with pytest.raises(CheckpointError, match="pickle"):
            read_checkpoint(path)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("number", "message"),
    [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "permission denied"), (errno.EIO, os.strerror(errno.EIO))],
)
def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(
    number: int, message: str, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = written.read_bytes()

    def fail(_file: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(RunError, match=f"cannot write {written}: {message}"):
        write_checkpoint(written, example())
    assert written.read_bytes() == before
    assert list(written.parent.iterdir()) == [written]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the size of files as Linux does")
def test_a_disk_that_takes_no_more_is_said_in_a_sentence(written: Path) -> None:
    import resource

    before, limits = written.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(RunError, match=f"cannot write {written}"):
            write_checkpoint(written, example())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert written.read_bytes() == before
    assert list(written.parent.iterdir()) == [written]


@pytest.mark.parametrize(
    ("direction", "ranked"), [(None, 0.5), ("lower", 0.5), ("higher", -0.5), ("real", None)], ids=str
)
def test_a_checkpoint_ranks_by_the_direction_of_its_score(
    direction: ScoreDirection | None, ranked: float | None
) -> None:
    directions = {"score_directions": {"score": direction} if direction else {}}
    assert FACTS.model_copy(update={"scores": {"score": 0.5}, **directions}).rank(by="score") == ranked
    assert FACTS.model_copy(update={"scores": {"score": float("nan")}, **directions}).rank(by="score") is None
    assert FACTS.model_copy(update={"scores": {}, **directions}).rank(by="score") is None


def test_a_score_that_is_not_finite_reads_back(written: Path) -> None:
    write_checkpoint(written, Checkpoint({}, FACTS.model_copy(update={"scores": {"fid": math.nan, "own": math.inf}})))
    scores = read_facts(written).scores
    assert math.isnan(scores["fid"])
    assert scores["own"] == math.inf


@pytest.mark.parametrize(
    ("description", "problem"),
    [
        ({}, "description is not that of a checkpoint: recipe: "),
        ({"recipe": {}, "sample": [1, "x"]}, "sample.1: got 'x'"),
        ({"recipe": {}, "sample": [1], "depth": 12}, "depth: got 12"),
        ({"recipe": {}, "sample": [1], "higher": ["fid"]}, "higher: unknown field"),
        (
            {"recipe": {}, "sample": [1], "condition": {"classes": 2, "numbers": 3}},
            "condition: a condition is a class, or",
        ),
        ({"recipe": {}, "sample": [1], "version": "two"}, "version: got 'two'"),
        ([1], "description is not a table"),
    ],
)
def test_a_foreign_description_is_refused_in_a_sentence(description: Any, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "some.safetensors"
    write_tensor_file(path, {"weight": torch.zeros(3)}, description)
    for read in (read_checkpoint, read_facts):
        with pytest.raises(CheckpointError, match=f"{path} is damaged.*{re.escape(problem)}.*Use another checkpoint"):
            read(path)


def test_only_whole_checkpoints_are_listed_and_oldest_first(tmp_path: Path) -> None:
    for name in ("0000000200.safetensors", "0000000030.safetensors", ".0000000300.safetensors.17", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / ".0000000400.safetensors").touch()
    assert [path.stem for path in list_checkpoints(tmp_path)] == ["0000000030", "0000000200"]
    assert list_checkpoints(tmp_path / "absent") == []
