"""One file over HTTP: in blocks, with progress, resumed where it stopped, verified at the end."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

TIMEOUT = 30.0
"""Seconds of silence after which a connection counts as lost."""

BLOCK = 2**18
_MB = 2**20


def fetch(
    url: str,
    part: Path,
    *,
    sha256_prefix: str,
    expected_bytes: int,
    on_progress: Callable[[float], None],
) -> None:
    """Download `url` to `part`; afterwards the file is whole and its sha256 is right.

    What an earlier attempt left in `part` is taken up with a ``Range`` request. Where the server
    knows no ranges, or what was there turns out to be damaged, the file is fetched from its start.

    Args:
        sha256_prefix: The first hexadecimal digits of the file's sha256.
        expected_bytes: What the file has, about: for the progress where the server does not state
            the length, and to stop what does not end, see `most`.
        on_progress: Called with the share done, in ``[0, 1]``; may raise, and `part` remains.

    Raises:
        ValueError: no connection or a cut one (`part` remains), an answer other than the file, a
            full disk, or another file than the one expected or a larger one (`part` is removed).
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"expected an http(s) address, got {url!r}")
    while True:
        started_at, sha = _attempt(url, part, sha256_prefix, expected_bytes, on_progress)
        if sha.startswith(sha256_prefix):
            return
        part.unlink()
        if started_at == 0:
            raise ValueError(
                f"expected {url} with sha256 {sha256_prefix}…, got {sha[:8]}…: what came is not "
                "the official file and was deleted (try again, or on another network)"
            )
        # Otherwise the fault may lie in what was there before: once more, from the start.


def most(expected_bytes: int) -> int:
    """Bytes after which a download is given up: a tenth or a megabyte more than it should have."""
    return expected_bytes + max(expected_bytes // 10, _MB)


def _too_much(url: str, expected_bytes: int, part: Path) -> ValueError:
    part.unlink()
    return ValueError(
        f"expected about {expected_bytes / _MB:.1f} MB of {url}, got more: it was stopped and "
        "deleted (try again, or on another network)"
    )


def _attempt(
    url: str,
    part: Path,
    sha256_prefix: str,
    expected_bytes: int,
    on_progress: Callable[[float], None],
) -> tuple[int, str]:
    """Where the attempt took up, in bytes, and the sha256 of the file that it left."""
    digest = hashlib.sha256()
    size = part.stat().st_size if part.exists() else 0
    if size:
        with part.open("rb") as before:
            digest = hashlib.file_digest(before, "sha256")
        if digest.hexdigest().startswith(sha256_prefix):  # only the last steps were missing
            return size, digest.hexdigest()
    response, began = _open(url, size)
    with response:
        if began == 0:
            digest = hashlib.sha256()
        length = response.headers.get("Content-Length")
        total = began + int(length) if length and length.isdigit() else None
        try:
            file = part.open("ab" if began else "wb", buffering=0)
        except OSError as error:
            raise _disk(part, error) from None
        with file:
            done = began
            while block := _read(response, url):
                _write(file, block, part)
                digest.update(block)
                done += len(block)
                if done > most(expected_bytes):
                    raise _too_much(url, expected_bytes, part)
                on_progress(min(1.0, done / (total or expected_bytes)))
    if total is not None and done < total:
        raise _cut(url, f"{done / _MB:.1f} of {total / _MB:.1f} MB")
    return began, digest.hexdigest()


def _open(url: str, start: int) -> tuple[HTTPResponse, int]:
    """The answer, and at which byte of the file it begins: `start`, or 0 for the whole."""
    headers = {"User-Agent": "trustai"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        # `fetch` has seen to it that the scheme is http or https.
        response = urlopen(Request(url, headers=headers), timeout=TIMEOUT)  # noqa: S310
    except HTTPError as error:
        error.close()
        if start and error.code == 416:  # there is more here than the file has
            return _open(url, 0)
        raise ValueError(
            f"expected to download {url}, got HTTP {error.code} {error.reason}: "
            "the server does not give the file (try again later)"
        ) from None
    except (OSError, HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise ValueError(
            f"expected to download {url}, got: {reason}. Check the network and try again"
        ) from None
    if start and response.status == 206:
        if response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            return response, start
        response.close()  # another range than the one asked for is of no use
        return _open(url, 0)
    return response, 0


def _read(response: HTTPResponse, url: str) -> bytes:
    try:
        return response.read(BLOCK)
    except (OSError, HTTPException) as error:
        raise _cut(url, str(error) or type(error).__name__) from None


def _write(file: io.FileIO, block: bytes, part: Path) -> None:
    # Unbuffered, so that a full disk is noticed here and not when the file is closed.
    rest = memoryview(block)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise _disk(part, error) from None


def _cut(url: str, reason: str) -> ValueError:
    return ValueError(
        f"expected all of {url}, got a connection that ended early ({reason}). Check the network "
        "and try again: it goes on where it stopped"
    )


def _disk(part: Path, error: OSError) -> ValueError:
    return ValueError(
        f"expected to write to {part.parent}, got: {error.strerror or error} "
        "(make room, or set TRUSTAI_CACHE to another folder)"
    )
