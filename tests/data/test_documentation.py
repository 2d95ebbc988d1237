"""The example in docs/data.md runs."""

from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "data.md"


def test_the_python_example_runs(tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    example = PAGE.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    exec(compile(example, str(PAGE), "exec"), {})
    assert (tmp_path / "digits.png").stat().st_size > 1000
