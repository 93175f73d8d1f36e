"""Run a recipe: data, network, Lightning's Trainer, and the checkpoint with its card."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
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

from trustai import data, zoo
from trustai.train.recipe import RECIPES, Recipe
from trustai.types import ImageSet
from trustai.zoo import Card, Classifier, Metric

LIBRARIES = ("torch", "torchvision", "lightning", "numpy", "safetensors")


@dataclass(frozen=True)
class Machine:
    """Where and how to compute; none of it changes what is learned beyond rounding."""

    device: str = "auto"
    precision: str = "bf16-mixed"
    devices: int = 1
    nodes: int = 1


def smoke(recipe: Recipe) -> Recipe:
    """The same recipe, end to end in seconds: a small network on a few pictures.

    Width 16, because with fewer channels the strided 1x1 convolutions crash the process in torch's
    CPU library (2.15, float32, channels-last, 64 px, gradient of the weights).
    """
    return dataclasses.replace(
        recipe, width=16, epochs=min(2, recipe.epochs), batch_size=32, start_from=None
    )


def pixel_statistics(images: ImageSet) -> tuple[list[float], list[float]]:
    """Mean and standard deviation per channel, in [0, 1]."""
    sample = images.images[:10_000].float() / 255
    mean, std = sample.mean((0, 2, 3)), sample.std((0, 2, 3))
    return [round(v, 4) for v in mean.tolist()], [round(v, 4) for v in std.tolist()]


def split_sha(images: ImageSet) -> str:
    digest = hashlib.sha256(images.images.numpy().tobytes())
    digest.update(images.labels.numpy().tobytes())
    return digest.hexdigest()


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


def start_network(recipe: Recipe, train: ImageSet) -> tuple[Classifier, dict[str, Any]]:
    """A new network, or a copy of the one that the recipe starts from, and its arguments."""
    if recipe.start_from is None:
        mean, std = pixel_statistics(train)
        arguments: dict[str, Any] = {
            "n_classes": len(train.classes),
            "width": recipe.width,
            "mean": mean,
            "std": std,
            **recipe.architecture,
        }
        return zoo.build("resnet18-cifar", **arguments), arguments
    network = zoo.load(recipe.start_from)
    assert network.card is not None  # `load` always sets it
    arguments = dict(network.card.arguments)
    if arguments["width"] != recipe.width:
        raise ValueError(
            f"expected --width {arguments['width']}, the width of {recipe.start_from}, "
            f"got {recipe.width}: train {recipe.start_from} at that width first"
        )
    network.card = None
    return network.requires_grad_(True), arguments


def train(
    recipe_id: str,
    *,
    recipe: Recipe | None = None,
    machine: Machine = Machine(),
    seed: int = 0,
    resume: bool = False,
    n_train: int | None = None,
    runs: Path = Path("runs"),
    command: str = "",
) -> Card:
    """Train one recipe and write its checkpoint to ``models/``.

    Args:
        recipe_id: Name in `RECIPES`, and the id of the checkpoint.
        recipe: A changed recipe (other epochs, width, …); by default the registered one.
        machine: Where to compute.
        seed: Of initialisation, order and augmentation.
        resume: Go on from ``runs/<id>/last.ckpt`` where there is one.
        n_train: Use only this many training pictures (for tests).
        runs: Folder of logs and resumable states.
        command: The line that repeats this, for the card.

    Returns:
        The card as saved.
    """
    recipe = recipe or RECIPES.get(recipe_id)
    torch.manual_seed(seed)  # process-wide: allowed here, and only here
    training_set = data.load(recipe.dataset, split="train", n=n_train)
    validation = data.load(
        recipe.dataset, split="validation", n=None if n_train is None else max(64, n_train // 4)
    )
    network, arguments = start_network(recipe, training_set)
    network.train()
    module = recipe.training(network, recipe, train=training_set, validation=validation, seed=seed)
    folder = runs / recipe_id
    diary = Diary(_configuration(recipe, machine) | {"seed": seed, "n_train": n_train})
    resumed = _resumable(folder, diary.settings) if resume else None
    if resumed is None:
        _forget(folder)
    else:
        _set_log_aside(folder)
    best = ModelCheckpoint(
        dirpath=folder,
        filename="best",
        monitor=module.monitor,
        mode="max",
        save_last=True,
        enable_version_counter=False,
    )
    trainer = pl.Trainer(
        accelerator=machine.device,
        precision=machine.precision,
        devices=machine.devices,
        num_nodes=machine.nodes,
        max_epochs=recipe.epochs,
        logger=CSVLogger(str(runs), name="", version=recipe_id),
        callbacks=[
            best,
            EarlyStopping(module.monitor, mode="max", patience=recipe.patience),
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
    classifier = module.trained().cpu()
    card = Card(
        id=recipe_id,
        title=recipe.title,
        summary=recipe.summary,
        architecture="resnet18-cifar",
        arguments=arguments,
        classes=training_set.classes,
        input_size=training_set.images.shape[-1],
        dataset=recipe.dataset,
        split_sha256=split_sha(training_set),
        recipe=recipe.training.__module__,
        configuration=_configuration(recipe, machine),
        seed=seed,
        command=command or f"python -m trustai.train {recipe_id}",
        training={
            "seconds": round(seconds, 1),
            "device": _device_name(trainer),
            "epochs": trainer.current_epoch,
            "parameters": sum(p.numel() for p in classifier.parameters()),
            "training_pictures": len(training_set),
        },
        revision=_revision(),
        versions={"python": platform.python_version()} | _versions(),
        history=read_history(folder),
        metrics=_test(classifier, recipe, n_train),
    )
    return zoo.save(classifier, card)


def _configuration(recipe: Recipe, machine: Machine) -> dict[str, Any]:
    settings = {
        f.name: getattr(recipe, f.name)
        for f in dataclasses.fields(recipe)
        if f.name not in ("title", "summary", "training")
    }
    return settings | {"precision": machine.precision, "training": recipe.training.__name__}


def _test(classifier: Classifier, recipe: Recipe, n: int | None) -> dict[str, Metric]:
    """Once, after the selection on validation is over."""
    test = data.load(recipe.dataset, split="test", n=n)
    correct = classifier.predict(test.pixels).argmax(1) == test.labels
    how = {"dataset": recipe.dataset, "split": "test", "n": len(test)}
    return {"clean_accuracy": Metric(correct.float().mean().item(), how)}


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


def _revision() -> str:
    here = Path(__file__).resolve().parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return os.environ.get("TRUSTAI_REVISION", "unknown")


def _versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in LIBRARIES}
