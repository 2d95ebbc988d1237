"""What the doctor says of packages that are there and of those that are not."""

from importlib.metadata import PackageNotFoundError

import pytest

from sparring.cli import doctor


def test_everything_that_is_here_is_named_with_its_version() -> None:
    said = "\n".join(doctor.diagnose())
    for name in (*doctor._CORE, *doctor._EXTRAS, "cuda"):
        assert any(line.startswith(name) for line in said.splitlines()), name
    assert "MISSING" not in said


def test_what_is_missing_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name in ("tensorboard", "filelock"):
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(doctor, "version", version)
    said = list(doctor.diagnose())
    assert 'tensorboard   missing: pip install "sparring[tensorboard]"' in said
    assert "filelock      MISSING: pip install --upgrade sparring" in said
