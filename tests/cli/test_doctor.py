"""The doctor's lines on packages that are installed and on those that are not."""

import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from sparring.cli import doctor

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_everything_that_is_installed_is_listed_with_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "version", lambda name: "1.0")
    lines = list(doctor.diagnose())
    core, extras = doctor.read_requirements()
    for name in (*core, *extras, "cuda"):
        assert any(line.startswith(name) for line in lines), name
    assert "MISSING" not in "\n".join(lines)
    assert "missing" not in "\n".join(lines)


def test_packages_and_extras_are_those_of_the_project() -> None:
    project = tomllib.loads(PROJECT.read_text())["project"]
    core, extras = doctor.read_requirements()
    assert set(core) <= {name.partition(">")[0] for name in project["dependencies"]}
    assert {"torch", "numpy", "PyYAML"} <= set(core)
    assert extras.keys() == project["optional-dependencies"].keys() - {"dev"}
    assert extras["imitation"] == ["gymnasium"]


def test_what_is_missing_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name in ("tensorboard", "filelock"):
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(doctor, "version", version)
    lines = list(doctor.diagnose())
    assert 'tensorboard   missing: pip install "sparring[tensorboard]"' in lines
    assert "filelock      MISSING: pip install --upgrade sparring" in lines


def test_without_metadata_the_machine_is_described_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "requires", requires)
    assert doctor.read_requirements() == ([], {})
    assert any(line.startswith("python") for line in doctor.diagnose())
