"""The only reader and writer of ``models/``: atomic saves, verified loads, no pickle."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import re
import tempfile
from pathlib import Path

import pandas as pd
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_tensors
from safetensors.torch import save as dump_tensors

from trustai import ROOT
from trustai.zoo.cards import Card
from trustai.zoo.network import Network
from trustai.zoo.packing import packed, unpacked
from trustai.zoo.statistics import FeatureStatistics

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CARD, WEIGHTS = "card.json", "weights.safetensors"
SAMPLES = "samples"
"""Topic of the main table: what was measured on every test picture or row."""
_FEATURE_STATISTICS = "feature_statistics.safetensors"
_OF = "weights_sha256"


def models_dir() -> Path:
    """``$TRUSTAI_MODELS`` if set, else ``models/`` beside app.py."""
    chosen = os.environ.get("TRUSTAI_MODELS")
    return Path(chosen) if chosen else ROOT / "models"


def _path(model_id: str, file: str) -> Path:
    if not isinstance(model_id, str) or not _ID.fullmatch(model_id):
        raise ValueError(
            f"expected a model id of lower-case letters, digits and hyphens, got {model_id!r}"
        )
    return models_dir() / model_id / file


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def write_atomically(path: Path, data: bytes) -> None:
    """Write to a temporary neighbour, then rename: a reader sees the old file or the new one.

    Args:
        path: Where the file shall be.
        data: Its bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def save(network: Network, card: Card) -> Card:
    """Write weights as `Network.stored` says and then the card that vouches for them.

    The card is written last, so an interrupted save leaves either the old pair or a pair whose sha
    does not match, which `read_weights` refuses.
    """
    tensors = packed(network.stored_weights(), network.stored)
    for name, value in tensors.items():
        if not torch.isfinite(value).all():
            raise ValueError(f"expected finite weights, got infinities or NaN in {name!r}")
    data = dump_tensors(tensors)
    card = dataclasses.replace(card, weights_sha256=hashlib.sha256(data).hexdigest())
    weights = _path(card.id, WEIGHTS)
    for old in weights.parent.glob("[!.]*"):
        if old.name not in (WEIGHTS, CARD):  # measured on other weights
            old.unlink()
    write_atomically(weights, data)
    save_card(card)
    return card


def save_card(card: Card) -> None:
    write_atomically(_path(card.id, CARD), card.to_json().encode())


def model_ids() -> list[str]:
    """The ids of the cards in `models_dir()`, in order; no card is opened."""
    return sorted(path.parent.name for path in models_dir().glob(f"*/{CARD}"))


def read_cards() -> list[Card]:
    """Every card in `models_dir()`, in order of id."""
    return [read_card(model_id) for model_id in model_ids()]


def read_card(model_id: str) -> Card:
    """The card of `model_id`, read anew only when its file is another than last time.

    Args:
        model_id: Name of its folder in ``models/``.

    Raises:
        ValueError: no such file, it is damaged, or it is the card of another model.
    """
    path = _path(model_id, CARD)
    try:
        found = path.stat()
    except OSError:
        raise ValueError(f"expected {_shown(path)} in {models_dir()}, got no such file") from None
    # A save renames a new file into place, so a change within one tick of the clock shows too.
    card = _parsed(path, found.st_mtime_ns, found.st_size, found.st_ino)
    if card.id != model_id:
        raise ValueError(f"expected the card in {_shown(path)} to be of its name, got {card.id!r}")
    return card


@functools.lru_cache(maxsize=256)  # safe in threads: at worst two of them read the same file
def _parsed(path: Path, mtime_ns: int, size: int, inode: int) -> Card:
    try:
        return Card.from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{_shown(path)}: {error}") from None


def read_weights(card: Card) -> dict[str, torch.Tensor]:
    """The tensors of `card`, in float32, after their sha256 has been checked.

    Raises:
        ValueError: the file is missing or is not the one the card describes.
    """
    path = _path(card.id, WEIGHTS)
    if not path.is_file():
        raise ValueError(f"expected the weights {_shown(path)} beside their card, got no such file")
    data = path.read_bytes()
    sha = hashlib.sha256(data).hexdigest()
    if sha != card.weights_sha256:
        raise ValueError(
            f"expected {_shown(path)} with sha256 {card.weights_sha256[:12]}…, got {sha[:12]}…: "
            "the file is damaged or belongs to another card"
        )
    try:
        tensors = load_tensors(data)
    except SafetensorError as error:
        raise ValueError(f"expected {_shown(path)} in safetensors format, got: {error}") from None
    return unpacked(tensors)


def save_measurements(model_id: str, table: pd.DataFrame, *, topic: str = "") -> None:
    """Write per-picture measurements of a model to ``<id>/<topic>.parquet``."""
    path = _path(model_id, _table_file(topic))
    write_atomically(path, table.to_parquet(index=False, compression="zstd"))


def read_measurements(model_id: str, *, topic: str = "") -> pd.DataFrame | None:
    """Per-picture measurements of a model, or None where it has none of this topic."""
    path = _path(model_id, _table_file(topic))
    return pd.read_parquet(path) if path.is_file() else None


def _table_file(topic: str) -> str:
    return f"{topic or SAMPLES}.parquet"


def save_feature_statistics(card: Card, statistics: FeatureStatistics) -> None:
    """Write the statistics of a model's training pictures to its folder."""
    tensors = {name: value.contiguous() for name, value in statistics.to_tensors().items()}
    metadata = {_OF: card.weights_sha256}
    write_atomically(_path(card.id, _FEATURE_STATISTICS), dump_tensors(tensors, metadata=metadata))


def read_feature_statistics(card: Card) -> FeatureStatistics | None:
    """What was fitted to the training pictures of the model of `card`, or None where nothing was.

    Raises:
        ValueError: the file is damaged or belongs to other weights.
    """
    path = _path(card.id, _FEATURE_STATISTICS)
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            of = (file.metadata() or {}).get(_OF)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"expected {_shown(path)} in safetensors format, got: {error}") from None
    if of != card.weights_sha256:
        raise ValueError(
            f"expected {_shown(path)} of the weights {card.weights_sha256[:12]}…, "
            "got that of others: "
            f"run `python -m trustai.train.measure {card.id} --stages feature-statistics`"
        )
    return FeatureStatistics.from_tensors(tensors)
