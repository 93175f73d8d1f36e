"""Lightning's Trainer as every recipe uses it: the best epoch is kept, a broken run goes on."""

from __future__ import annotations

import csv
import os
import platform
import subprocess
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger

LIBRARIES = ("torch", "torchvision", "lightning", "numpy", "safetensors")


@dataclass(frozen=True)
class Machine:
    """Where and how to compute; none of it changes what is learned beyond rounding."""

    device: str = "auto"
    precision: str = "bf16-mixed"
    devices: int = 1
    nodes: int = 1


class Diary(pl.Callback):
    """What a resumed run must know of the broken one: its settings and the time it took."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.before = 0.0
        self.started = time.perf_counter()

    @property
    def seconds(self) -> float:
        return self.before + time.perf_counter() - self.started

    def state_dict(self) -> dict[str, Any]:
        return {"settings": self.settings, "seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.before = state_dict["seconds"]


@dataclass(frozen=True)
class Run:
    """What became of one fit: the module holds its best weights, this the rest."""

    seconds: float
    device: str
    epochs: int
    history: dict[str, list[float | None]]


def fit(
    module: pl.LightningModule,
    *,
    name: str,
    monitor: str,
    mode: str = "max",
    epochs: int,
    patience: int,
    machine: Machine,
    settings: dict[str, Any],
    resume: bool = False,
    runs: Path = Path("runs"),
) -> Run:
    """Train `module`, stop early, and load the epoch that was best on validation.

    Args:
        name: Folder in `runs` for logs and resumable states.
        monitor, mode: The logged score that decides, and whether ``"max"`` or ``"min"`` is best.
        epochs, patience: At most so many; stop after so many without a better score.
        settings: What has to be the same for a run to be resumed.
        resume: Go on from ``last.ckpt`` where there is one.
    """
    folder = runs / name
    diary = Diary(settings)
    resumed = _resumable(folder, settings) if resume else None
    if resumed is None:
        _forget(folder)
    else:
        _set_log_aside(folder)
    best = ModelCheckpoint(
        dirpath=folder,
        filename="best",
        monitor=monitor,
        mode=mode,
        save_last=True,
        enable_version_counter=False,
    )
    trainer = pl.Trainer(
        accelerator=machine.device,
        precision=machine.precision,
        devices=machine.devices,
        num_nodes=machine.nodes,
        max_epochs=epochs,
        logger=CSVLogger(str(runs), name="", version=name),
        callbacks=[
            best,
            EarlyStopping(monitor, mode=mode, patience=patience),
            TQDMProgressBar(refresh_rate=50),
            diary,
        ],
        enable_model_summary=False,
        use_distributed_sampler=False,  # `Batches` takes its own share
        inference_mode=False,  # the attacks in validation need gradients of the pictures
        num_sanity_val_steps=0,
        log_every_n_steps=1,
    )
    trainer.fit(module, ckpt_path=resumed, weights_only=True)
    seconds = diary.seconds
    state = torch.load(best.best_model_path, weights_only=True)["state_dict"]
    module.load_state_dict(state)
    return Run(seconds, _device_name(trainer), trainer.current_epoch, read_history(folder))


def _resumable(folder: Path, settings: dict[str, Any]) -> str | None:
    """The state to go on from, or None where there is none.

    Raises:
        ValueError: it belongs to a run of other settings.
    """
    last = folder / "last.ckpt"
    if not last.is_file():
        return None
    diary = torch.load(last, weights_only=True, map_location="cpu")["callbacks"].get("Diary", {})
    before = diary.get("settings", settings)
    for name in settings.keys() - {"precision"}:  # changes nothing beyond rounding
        if before.get(name) != settings[name]:
            raise ValueError(
                f"expected {name} {before.get(name)!r} to resume {last}, got {settings[name]!r}"
            )
    return str(last)


def _forget(folder: Path) -> None:
    """Nothing of an earlier run may be mistaken for this one's."""
    for path in (*folder.glob("*.ckpt"), *folder.glob("metrics*.csv")):
        path.unlink()


def _set_log_aside(folder: Path) -> None:
    """Lightning's logger deletes the log that it finds; `read_history` joins the parts."""
    log = folder / "metrics.csv"
    if log.is_file():
        log.rename(folder / f"metrics.{len(list(folder.glob('metrics.*.csv'))):03}.csv")


def read_history(folder: Path) -> dict[str, list[float | None]]:
    """Lightning's CSV logs as one list per column and one entry per epoch."""
    epochs: dict[int, dict[str, float]] = {}
    for path in [*sorted(folder.glob("metrics.*.csv")), *folder.glob("metrics.csv")]:
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                values = {k: float(v) for k, v in row.items() if v and k not in ("epoch", "step")}
                epochs.setdefault(int(row["epoch"]), {}).update(values)
    columns = sorted({name for values in epochs.values() for name in values})
    return {c: [epochs[e].get(c) for e in sorted(epochs)] for c in columns}


def _device_name(trainer: pl.Trainer) -> str:
    if trainer.strategy.root_device.type == "cuda":
        return torch.cuda.get_device_name()
    return f"CPU, {torch.get_num_threads()} threads"


def revision() -> str:
    """Of the code, as git describes it."""
    here = Path(__file__).resolve().parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return os.environ.get("TRUSTAI_REVISION", "unknown")


def versions() -> dict[str, str]:
    """Of Python and the libraries."""
    found = {name: metadata.version(name) for name in LIBRARIES}
    return {"python": platform.python_version()} | found
