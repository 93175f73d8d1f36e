"""Lightning's Trainer as every recipe uses it: the best epoch is kept, a broken run goes on."""

from __future__ import annotations

import csv
import os
import platform
import subprocess
import time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger

from trustai.attacks.robustness.low_precision import multiplies_bf16
from trustai.train.module import TrainingModule
from trustai.train.recipe import Recipe

LIBRARIES = ("torch", "torchvision", "lightning", "numpy", "safetensors")


@dataclass(frozen=True)
class Machine:
    """Where and how to compute; none of it changes what is learned beyond rounding.

    Attributes:
        device: ``"auto"``, ``"cpu"``, ``"gpu"``, ``"cuda"`` or ``"mps"``.
        precision: Lightning's ``"32-true"``, ``"16-mixed"`` or ``"bf16-mixed"``; ``"auto"`` is
            bfloat16 but on a processor that has no instructions for it and would emulate them.
        devices, nodes: How many of each.
    """

    device: str = "auto"
    precision: str = "auto"
    devices: int = 1
    nodes: int = 1

    def __post_init__(self) -> None:
        if self.precision == "auto":
            object.__setattr__(self, "precision", default_precision(self.device))


def default_precision(device: str) -> str:
    """The fastest precision that a device multiplies in, see `Machine`."""
    accelerated = torch.cuda.is_available() or torch.backends.mps.is_available()
    on_cpu = device == "cpu" or (device == "auto" and not accelerated)
    return "32-true" if on_cpu and not multiplies_bf16() else "bf16-mixed"


@dataclass(frozen=True)
class Job:
    """One training, whatever it trains.

    Attributes:
        name: Id of the model that comes out, and the folder in `runs`.
        machine: Where to compute.
        seed: Of initialisation, order and augmentation.
        resume: Go on from ``last.ckpt`` where there is one.
        n_train: Use only this many training pictures or rows (for tests).
        runs: Folder of logs and resumable states.
        command: The line that repeats it; empty for the plain one.
    """

    name: str
    machine: Machine = field(default_factory=Machine)
    seed: int = 0
    resume: bool = False
    n_train: int | None = None
    runs: Path = Path("runs")
    command: str = ""

    @property
    def folder(self) -> Path:
        """Of its logs and resumable states."""
        return self.runs / self.name


class ResumeState(pl.Callback):
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

    def told(self) -> dict[str, Any]:
        """For a card."""
        seconds = round(self.seconds, 1)
        return {"seconds": seconds, "device": self.device, "epochs": self.epochs}


def fit(module: TrainingModule, recipe: Recipe, job: Job) -> Run:
    """Train `module`, stop early, and load the epoch that was best on validation.

    The module says by ``monitor`` and ``mode`` which logged score decides, and whether its largest
    or its smallest value is the best.

    Raises:
        ValueError: the run that was to be resumed has other settings.
    """
    told = {"precision": job.machine.precision, "seed": job.seed, "n_train": job.n_train}
    state = ResumeState(recipe.configuration() | told)
    resumed = _resumable(job.folder, state.settings) if job.resume else None
    if resumed is None:
        _forget(job.folder)
    else:
        _set_log_aside(job.folder)
    best = ModelCheckpoint(
        dirpath=job.folder,
        filename="best",
        monitor=module.monitor,
        mode=module.mode,
        save_last=True,
        enable_version_counter=False,
    )
    stopping = EarlyStopping(module.monitor, mode=module.mode, patience=recipe.patience)
    trainer = _trainer(recipe.epochs, job, callbacks=[best, stopping, state])
    trainer.fit(module, ckpt_path=resumed, weights_only=True)
    seconds = state.seconds
    module.load_state_dict(torch.load(best.best_model_path, weights_only=True)["state_dict"])
    history = read_history(job.folder)
    return Run(seconds, _device_name(trainer), trainer.current_epoch, history)


def _trainer(epochs: int, job: Job, *, callbacks: list[pl.Callback]) -> pl.Trainer:
    """Lightning's, with what all trainings have in common."""
    return pl.Trainer(
        accelerator=job.machine.device,
        precision=job.machine.precision,
        devices=job.machine.devices,
        num_nodes=job.machine.nodes,
        max_epochs=epochs,
        logger=CSVLogger(str(job.runs), name="", version=job.name),
        callbacks=[*callbacks, TQDMProgressBar(refresh_rate=50)],
        enable_model_summary=False,
        use_distributed_sampler=False,  # `Batches` takes its own share
        inference_mode=False,  # the attacks in validation need gradients of the pictures
        num_sanity_val_steps=0,
        log_every_n_steps=1,
    )


def _resumable(folder: Path, settings: dict[str, Any]) -> str | None:
    """The state to go on from, or None where there is none.

    Raises:
        ValueError: it belongs to a run of other settings.
    """
    last = folder / "last.ckpt"
    if not last.is_file():
        return None
    callbacks = torch.load(last, weights_only=True, map_location="cpu")["callbacks"]
    before = callbacks.get("ResumeState", {}).get("settings", settings)
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
