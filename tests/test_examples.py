"""Every script in `examples/`, with settings that take seconds."""

import importlib.util
import math
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import torch
from PIL import Image

import sparring
from sparring.errors import SpecError

EXAMPLES = Path(__file__).parent.parent / "examples"
SHRUNK = ("images=256", "training.batch=32", "listening.score_count=8", "listening.sample_count=4")
NARROW = ("generator.width=4", "discriminator.width=4")


@cache
def example(name: str) -> ModuleType:
    """Returns the script as a module; it does nothing until its `main` is called."""
    spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def size_of(picture: Path) -> tuple[int, int]:
    with Image.open(picture) as image:
        return image.size


def test_every_example_is_tested_here() -> None:
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {path.stem for path in EXAMPLES.glob("*.py")} <= tested


def test_train_digits(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    example("train_digits").main(*SHRUNK, *NARROW, folder=str(tmp_path))
    assert size_of(tmp_path / "samples.png")[0] >= 512
    assert sparring.load(tmp_path).facts.images == 256


def test_digit_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    example("train_digits").main(*SHRUNK, *NARROW, folder=str(tmp_path))
    capsys.readouterr()
    code = example("digit_classes").main(str(tmp_path))
    lines = capsys.readouterr().out.splitlines()
    shares = [float(line.split()[1].rstrip("%")) for line in lines if line.strip()[:1].isdigit()]
    assert len(shares) == 10
    assert code == (min(shares) < 3)


def test_custom_loss(tmp_path: Path) -> None:
    scores = example("custom_loss").main(*SHRUNK, "training.recorded=false", folder=str(tmp_path))
    assert scores.keys() == {"NonSaturating", "Hinge", "Exponential"}
    assert all(math.isfinite(value) for values in scores.values() for value in values.values())
    assert sparring.load(tmp_path / "Exponential").recipe.game.losses.kind() == "Exponential"  # type: ignore[attr-defined]


def test_class_grid(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    example("class_grid").main(*SHRUNK, *NARROW, folder=str(tmp_path))
    width, height = size_of(tmp_path / "classes.png")
    assert height / width == pytest.approx((12 * 17 - 1) / (8 * 17 - 1), abs=0.01)
    with pytest.raises(SpecError, match="eleven"):
        sparring.load(tmp_path).sample(1, condition="eleven")


def test_compare_folders(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    script = example("compare_folders")
    blurred, sharp = script.write_digits(tmp_path, count=60)
    distance = script.main(blurred, sharp, out=str(tmp_path / "scores"))
    itself = script.main(sharp, sharp, out=str(tmp_path / "itself"))
    assert distance["FD-thumbnails"] > itself["FD-thumbnails"]
    assert itself["FD-thumbnails"] == pytest.approx(0, abs=1e-3)
    assert (tmp_path / "scores.json").is_file()


def test_own_training_loop() -> None:
    pytest.importorskip("sklearn")
    main = example("own_training_loop").main
    assert main(steps=2, size=4)[0] < 1
    with torch.random.fork_rng():
        assert main(steps=2, size=4) == main(steps=2, size=4)
