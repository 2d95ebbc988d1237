"""Origin, licence and files of a published data set."""

from dataclasses import dataclass
from pathlib import Path

from sparring.download import sha256_of


@dataclass(frozen=True)
class Provenance:
    """A published set: its origin and licence, and its files, each with the SHA-256 of its content.

    A folder stands for the files that are read from it, by a digest of their names and contents.
    """

    name: str
    origin: str
    licence: str
    files: tuple[tuple[Path, str], ...]


def of_files(name: str, origin: str, licence: str, *files: Path) -> Provenance:
    """Returns the provenance of a set in `files`, which are read for their digests."""
    return Provenance(name, origin, licence, tuple((file, sha256_of(file)) for file in files))
