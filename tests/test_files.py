"""Files are whole or absent, and what the disk refuses is explained in a sentence."""

import errno
import os
from pathlib import Path

import pytest

from sparring.errors import RunError
from sparring.files import explain_os_error, explaining, replace_bytes, replace_file, replace_text


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "a.txt"
    replace_text(path, "é")
    assert path.read_text(encoding="utf-8") == "é"
    replace_bytes(path, b"other")
    assert path.read_bytes() == b"other"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, SystemExit])
def test_a_write_that_fails_leaves_the_old_file_and_no_trace(error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    replace_text(path, "old")

    def write(partial: Path) -> None:
        assert partial.parent == tmp_path
        assert path.read_text() == "old"
        partial.write_text("half")
        raise error

    with pytest.raises(error):
        replace_file(path, write)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_way_is_said_to_be_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "a.txt" / "inside").mkdir(parents=True)
    with pytest.raises(RunError, match=f"cannot write {tmp_path / 'a.txt'}"):
        replace_text(tmp_path / "a.txt", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, r"the disk is full \(\d+ MB free\).*the same command again to resume"),
        (errno.EDQUOT, r"the disk is full"),
        (errno.EACCES, r"permission denied.*a folder that you may write"),
        (errno.EROFS, r"read-only file system.*a folder that you may write"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
@pytest.mark.parametrize("place", ["a.txt", "not/yet/there/a.txt"])
def test_what_the_disk_refuses_is_said_with_the_path_and_the_remedy(
    number: int, message: str, place: str, tmp_path: Path
) -> None:
    error = OSError(number, os.strerror(number))
    path = tmp_path / place
    with pytest.raises(RunError, match=f"cannot write {path}: {message}") as raised, explaining(path):
        raise error
    assert raised.value.__cause__ is error
    assert str(raised.value) == explain_os_error(error, path)


def test_errors_that_are_not_of_the_disk_pass_through(tmp_path: Path) -> None:
    with pytest.raises(KeyError), explaining(tmp_path):
        raise KeyError
