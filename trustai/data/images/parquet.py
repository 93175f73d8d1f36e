"""Reader of prepared picture files: parquet tables of encoded pictures and labels."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from trustai.data.sources import DataMissing, prepared_dir

FORMATS = ("JPEG", "PNG", "WEBP")


def prepared_file(name: str, split: str) -> Path | None:
    """``$TRUSTAI_DATA/<name>/{train,test}.parquet`` where it is there; validation is in train."""
    prepared = prepared_dir()
    if prepared is None:
        return None
    path = prepared / name / ("test.parquet" if split == "test" else "train.parquet")
    return path if path.is_file() else None


def read_pictures(
    path: Path, *, prepare: Callable[[np.ndarray], np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """``uint8 (N, 3, H, W)`` and ``int64 (N,)`` of a table with the columns ``image``, ``label``.

    Args:
        prepare: Brings every decoded picture ``uint8 (H, W, 3)`` to one size where they differ.

    Raises:
        DataMissing: a column is missing, or a cell is no picture.
    """
    table = pq.read_table(path)
    missing = {"image", "label"} - set(table.column_names)
    if missing:
        raise DataMissing(f"expected the columns image and label in {path}, got no {min(missing)}")
    images = decoded(table, path=path, prepare=prepare)
    return images, table.column("label").to_numpy().astype(np.int64)


def decoded(
    table: pa.Table, *, path: Path, prepare: Callable[[np.ndarray], np.ndarray] | None = None
) -> np.ndarray:
    """``uint8 (N, 3, H, W)`` of the column ``image``, see `read_pictures`."""
    column = table.column("image").to_pylist()
    encoded = [cell["bytes"] if isinstance(cell, dict) else cell for cell in column]

    def decode(data: bytes) -> np.ndarray:
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                pixels = np.asarray(picture.convert("RGB"))
                return (prepare(pixels) if prepare else pixels).transpose(2, 0, 1)
        except OSError as error:
            names = ", ".join(FORMATS[:-1])
            raise DataMissing(
                f"expected {names} or {FORMATS[-1]} pictures in {path}, got: {error}"
            ) from None

    with ThreadPoolExecutor() as pool:
        return np.stack(list(pool.map(decode, encoded, chunksize=500)))
