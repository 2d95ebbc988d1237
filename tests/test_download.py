"""A download is kept only when it is whole and the right one."""

import hashlib

import pytest

from sparring.download import fetch
from sparring.errors import DataError


def test_a_file_is_fetched_checked_and_kept(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"content" * 1000)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    target = tmp_path / "deep" / "target"
    assert fetch(source.as_uri(), target, digest) == target
    assert target.read_bytes() == source.read_bytes()
    source.unlink()
    assert fetch(source.as_uri(), target, digest) == target, "what is there is not fetched again"


def test_other_bytes_than_published_are_not_kept(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"something else")
    with pytest.raises(DataError, match="has SHA-256"):
        fetch(source.as_uri(), tmp_path / "deep" / "target", "0" * 64)
    assert not list((tmp_path / "deep").iterdir())


def test_an_address_that_cannot_be_reached_is_a_sentence(tmp_path):
    with pytest.raises(DataError, match=r"cannot be downloaded to .*download it by hand"):
        fetch((tmp_path / "absent").as_uri(), tmp_path / "deep" / "target", "0" * 64)
    assert not list((tmp_path / "deep").iterdir())
