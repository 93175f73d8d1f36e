"""Weights trained on ImageNet: fetched when asked for, verified, kept as safetensors.

A network's weights are looked for, in this order,

1. in ``$TRUSTAI_DATA/weights/<network>-imagenet``, ``.pth`` (a state dict) or ``.safetensors``;
2. in the user's cache, where `download` leaves ``weights/<file>.safetensors`` in full precision,
   and beside it ``<file>.sha256``, which vouches for it.

Nothing is downloaded unless `download` is called. An official file meets its loader once, after
its sha256 has been checked: torchvision's is a pickle and meets torch's restricted one only, timm's
is safetensors.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from trustai.data.sources import cache_dir, prepared_dir
from trustai.types import OnProgress
from trustai.zoo.files import write_atomically
from trustai.zoo.pretrained.fetch import fetch
from trustai.zoo.pretrained.imagenet import Pretrained, find
from trustai.zoo.pretrained.torchvision_families import Wrapped

_LOCKS: dict[Path, threading.Lock] = {}


class WeightsMissing(ValueError):
    """A network is known but its weights are on this machine nowhere. Says what to do."""


def available(model: str | Pretrained) -> bool:
    """Whether `load_pretrained` would find the weights; opens no file.

    Args:
        model: A published network, or its id.

    Raises:
        ValueError: no such network.
    """
    entry = _entry(model)
    return _prepared(entry) is not None or _is_cached(entry)


def download(model: str | Pretrained, *, on_progress: OnProgress | None = None) -> None:
    """Fetch the official weights into the user's cache, unless they are `available` already.

    An attempt that was cut short, or stopped by `on_progress`, is taken up where it ended. Two
    threads that want the same file share one download: the second waits for the first.

    Args:
        model: An id that `find` knows, or an entry of one's own.
        on_progress: Called with the share done, in ``[0, 1]``; may raise to stop. It never falls,
            except where what an earlier attempt left turns out to be damaged.

    Raises:
        ValueError: no such network, no connection, no room on the disk, or what came is not the
            official file; one sentence says what to do.
    """
    entry = _entry(model)
    report = on_progress or (lambda share: None)
    target = _cached(entry)
    with _LOCKS.setdefault(target, threading.Lock()):
        if not available(entry):
            with _writing(target.parent):
                target.parent.mkdir(parents=True, exist_ok=True)
            part = target.parent / f"{entry.file}.part"
            _need_room(entry, part)
            fetch(
                entry.url,
                part,
                sha256_prefix=entry.sha256_prefix,
                expected_bytes=_bytes(entry),
                on_progress=lambda share: report(0.99 * share),  # the rest is the conversion
            )
            _convert(part, target)
        report(1.0)


def load_pretrained(model: str | Pretrained) -> Wrapped:
    """The network with its ImageNet weights, verified, strict, in eval mode and frozen.

    Its card names the file's sha256, and claims the library's accuracy for the library's own
    weights only.

    Args:
        model: A published network, or its id.

    Raises:
        WeightsMissing: the weights have to be downloaded first.
        ValueError: no such network, or the file is damaged or belongs to another one.
    """
    entry = _entry(model)
    prepared = _prepared(entry)
    if prepared is not None:
        sha = _sha256(prepared)
        official = sha.startswith(entry.sha256_prefix)
        tensors = _read_state_dict(prepared)
    elif _is_cached(entry):
        sha, tensors = _read_cached(entry)
        official = True  # `download` accepts nothing else
    else:
        raise WeightsMissing(
            f"expected the weights of {entry.title} in $TRUSTAI_DATA or the cache, got neither: "
            f"download them ({entry.megabytes:.0f} MB), with the button or with "
            f"`trustai.zoo.pretrained.downloads.download({entry.id!r})`"
        )
    classifier = entry.built(tensors)
    classifier.card = entry.card(weights_sha256=sha, official=official)
    return classifier.freeze()


def _entry(model: str | Pretrained) -> Pretrained:
    return model if isinstance(model, Pretrained) else find(model)


def _prepared(entry: Pretrained) -> Path | None:
    folder = prepared_dir()
    if folder is None:
        return None
    stem = folder / "weights" / f"{entry.network}-imagenet"
    paths = [stem.with_name(stem.name + suffix) for suffix in (".pth", ".safetensors")]
    return next((path for path in paths if path.is_file()), None)


def _cached(entry: Pretrained) -> Path:
    return cache_dir() / "weights" / Path(entry.file).with_suffix(".safetensors")


def _is_cached(entry: Pretrained) -> bool:
    target = _cached(entry)
    return target.is_file() and target.with_suffix(".sha256").is_file()


def _bytes(entry: Pretrained) -> int:
    return round(entry.megabytes * 2**20)


def _need_room(entry: Pretrained, part: Path) -> None:
    """The file and its conversion lie side by side for a moment."""
    here = part.stat().st_size if part.exists() else 0
    needed, free = 2 * _bytes(entry) - here, shutil.disk_usage(part.parent).free
    if free < needed:
        raise ValueError(
            f"expected {needed / 2**20:.0f} MB of free space in {part.parent}, "
            f"got {free / 2**20:.0f} MB (make room, or set TRUSTAI_CACHE to another folder)"
        )


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """What the disk refuses, in one sentence."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise ValueError(
            f"expected to write to {folder}, got: {error} "
            "(make room, or set TRUSTAI_CACHE to another folder)"
        ) from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a file, in full precision.

    A ``.pth`` file goes through torch's restricted loader.
    """
    try:
        if ".safetensors" in path.suffixes:
            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load documents no set of exceptions
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"expected a state dict in {path.name}, got: {reason}") from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise ValueError(f"expected a state dict in {path.name}, got something else")
    return {
        name: (value.float() if value.is_floating_point() else value).contiguous()
        for name, value in state.items()
    }


def _convert(part: Path, target: Path) -> None:
    """The verified official file as safetensors in full precision; then it goes."""
    try:
        tensors = _read_state_dict(part)
    except ValueError:
        part.unlink()  # or it would be taken for a finished download for ever
        raise
    with _writing(target.parent):
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(handle)
        temporary = Path(name)
        try:
            save_file(tensors, temporary)
            sha = _sha256(temporary)
            temporary.chmod(0o644)
            temporary.replace(target)
            # Last: weights without it do not count.
            line = f"{sha}  {target.name}\n"
            write_atomically(target.with_suffix(".sha256"), line.encode())
        finally:
            temporary.unlink(missing_ok=True)
        part.unlink()


def _read_cached(entry: Pretrained) -> tuple[str, dict[str, Tensor]]:
    """The sha256 of the cached file and its tensors, after the one has been checked.

    A damaged file is removed, so that the next `download` fetches it again.
    """
    target = _cached(entry)
    vouched = target.with_suffix(".sha256").read_text(encoding="utf-8").split()
    sha = _sha256(target)
    if [sha] != vouched[:1]:
        target.with_suffix(".sha256").unlink(missing_ok=True)
        target.unlink(missing_ok=True)
        raise WeightsMissing(
            f"expected {target.name} in the cache to be as it was downloaded, got another file: "
            f"it was removed, so download {entry.title} again ({entry.megabytes:.0f} MB)"
        )
    return sha, load_file(target)
