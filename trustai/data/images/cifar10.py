"""CIFAR-10: 60,000 pictures of 32x32 in ten classes (Krizhevsky 2009).

Three sources, tried in order, all with the official class order:

1. ``$TRUSTAI_DATA/cifar10/{train,test}.parquet``, columns ``image`` (encoded bytes), ``label``;
2. the user's cache, where `download` left the official binary files;
3. `download`, the official archive in its binary form (the Python form is a pickle, and trustai
   opens none), fetched and checked by torchvision.

The official training pictures are split once: a fixed random 2,000 are ``validation``.
"""

from __future__ import annotations

import tarfile
import threading
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

import numpy as np
import torch

from trustai.data.images.parquet import read_pictures
from trustai.data.sources import DataMissing, cache_dir, prepared_dir
from trustai.types import ImageSet

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
N_VALIDATION = 2_000
URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
ARCHIVE_BYTES = 170_052_171
_RECORD = 1 + 3 * 32 * 32
_FILES = {
    "train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)),
    "test": ("test_batch.bin",),
}


def _binary_dir() -> Path:
    return cache_dir() / "cifar10"


def source() -> str | None:
    """``"prepared"``, ``"cache"`` or None: where the next `load` would read from."""
    prepared = prepared_dir()
    if prepared is not None and all(
        (prepared / "cifar10" / f"{s}.parquet").is_file() for s in _FILES
    ):
        return "prepared"
    names = [name for files in _FILES.values() for name in files]
    return "cache" if all((_binary_dir() / name).is_file() for name in names) else None


def _read_binary(split: str) -> tuple[np.ndarray, np.ndarray]:
    parts = []
    for name in _FILES[split]:
        raw = np.fromfile(_binary_dir() / name, dtype=np.uint8)
        if len(raw) == 0 or len(raw) % _RECORD:
            raise DataMissing(
                f"expected {name} in records of {_RECORD} bytes, got {len(raw)} bytes: "
                "download cifar10 again"
            )
        parts.append(raw.reshape(-1, _RECORD))
    records = np.concatenate(parts)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].astype(np.int64)


def load(split: str) -> ImageSet:
    """All pictures of ``"train"`` (48,000), ``"validation"`` (2,000) or ``"test"`` (10,000).

    Raises:
        DataMissing: no source has the files; the sentence says what to do.
    """
    where = source()
    official = "test" if split == "test" else "train"
    if where == "prepared":
        folder = prepared_dir()
        assert folder is not None  # `source` has just found the files in it
        images, labels = read_pictures(folder / "cifar10" / f"{official}.parquet")
    elif where == "cache":
        images, labels = _read_binary(official)
    else:
        raise DataMissing(
            "expected the CIFAR-10 pictures in $TRUSTAI_DATA or the cache, got neither: "
            "run `python -m trustai.data download cifar10` (162 MB)"
        )
    rows = np.arange(len(labels))
    if official == "train":
        order = np.random.Generator(np.random.PCG64(0)).permutation(len(labels))
        chosen = order[:N_VALIDATION] if split == "validation" else order[N_VALIDATION:]
        rows = np.sort(chosen)
    return ImageSet(
        name="cifar10",
        split=split,
        images=torch.from_numpy(np.ascontiguousarray(images[rows])),
        labels=torch.from_numpy(labels[rows]),
        classes=CLASSES,
        indices=torch.from_numpy(rows),
    )


def download() -> Iterator[float]:
    """Fetch the official archive (162 MB) into the user's cache, yielding the share done.

    Raises:
        DataMissing: no network, or what came is not the official file (its MD5 is checked).
    """
    # Imported here: torchvision takes a second, and only this function needs it.
    from torchvision.datasets.utils import check_integrity, download_url

    folder = _binary_dir()
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / "cifar-10-binary.tar.gz"
    if not check_integrity(str(archive), MD5):
        archive.unlink(missing_ok=True)  # of a broken attempt: the share done starts at 0
    failure: list[Exception] = []

    def fetch() -> None:
        try:
            download_url(URL, str(folder), filename=archive.name, md5=MD5)
        except (OSError, HTTPException, RuntimeError) as error:  # RuntimeError: wrong MD5
            failure.append(error)

    worker = threading.Thread(target=fetch, daemon=True)
    worker.start()
    while worker.is_alive():
        done = archive.stat().st_size if archive.is_file() else 0
        yield min(0.99, done / ARCHIVE_BYTES)
        time.sleep(0.2)
    if failure or not check_integrity(str(archive), MD5):
        archive.unlink(missing_ok=True)
        reason = failure[0] if failure else "the file is not the official one"
        raise DataMissing(
            f"expected to download CIFAR-10 from {URL}, got: {reason}. "
            "Check the network and try again"
        )
    _unpack(archive, folder)
    archive.unlink()
    yield 1.0


def _unpack(archive: Path, folder: Path) -> None:
    """Take the six files by name; nothing else in the archive touches the disk."""
    wanted = {name for files in _FILES.values() for name in files}
    with tarfile.open(archive) as tar:
        for member in tar:
            name = Path(member.name).name
            content = tar.extractfile(member) if name in wanted else None
            if content is not None:
                (folder / name).write_bytes(content.read())
