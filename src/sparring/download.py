"""Checked downloads, and the folder that caches them."""

import hashlib
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from sparring.errors import DataError

_TIMEOUT_SECONDS = 60.0


def fetch(url: str, path: Path, sha256: str) -> Path:
    """Downloads `url` to `path` unless that exists, and returns `path`.

    The file is written to the same folder and renamed only when its digest is right: an interrupted download leaves
    nothing behind.

    Raises:
        DataError: the address cannot be reached, the bytes are not the published ones, or the disk is full.
    """
    if path.exists():
        return path
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file, urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:
            shutil.copyfileobj(answer, file)
        digest = sha256_of(temporary)
        if digest != sha256:
            raise DataError(f"{url}: has SHA-256 {digest}, published is {sha256}; try again, or download it by hand")
        temporary.chmod(0o644)
        temporary.replace(path)
    except (OSError, urllib.error.URLError) as error:
        reason = getattr(error, "reason", None) or error
        raise DataError(f"{url}: cannot be downloaded to {path.parent} ({reason}); download it by hand") from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path


def sha256_of(path: Path) -> str:
    """Returns the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_folder() -> Path:
    """Returns the folder for downloads and packed copies: `$SPARRING_CACHE`, or `sparring` in the user's cache."""
    chosen = os.environ.get("SPARRING_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "sparring"
