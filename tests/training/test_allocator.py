"""The allocator's settings are changed where they exist, and nowhere else."""

import ctypes
import sys

import pytest

from sparring.training.allocator import keep_memory


def test_it_says_whether_memory_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    settings: list[tuple[int, int]] = []

    class Library:
        def mallopt(self, name: int, value: int) -> int:
            settings.append((name, value))
            return 1

    monkeypatch.setattr(ctypes, "CDLL", lambda _name: Library())
    monkeypatch.setattr(sys, "platform", "linux")
    assert keep_memory()
    assert sorted(name for name, _ in settings) == [-3, -2, -1]
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    assert not keep_memory()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_memory()
