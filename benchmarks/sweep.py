"""Our sweep beside a plain loop over torchattacks: same model, pictures, epsilons, one process.

    python benchmarks/sweep.py --model cifar10-resnet18
    python benchmarks/sweep.py --model random --width 16 --data signs --n 64

Both sides run FGSM, and PGD with a random start and steps of ``2.5 * eps / steps`` (a quarter of
the radius for ten steps), at every epsilon. They alternate, and the best time of each counts.
Prints JSON: seconds, their ratio, the accuracy of both at every epsilon for both attacks, and
``weaker_by``, by how much at most our accuracy lies above theirs (negative: ours is lower, that
is, the attack is stronger, everywhere).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
import torchattacks
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a file, from anywhere

from benchmarks.machine import machine
from trustai import attacks, data, zoo
from trustai.attacks.methods.pgd import PGDParams
from trustai.attacks.robustness.low_precision import multiplies_bf16
from trustai.zoo import Classifier

EPS_255 = (0.5, 1, 2, 4, 6, 8, 12, 16)
Accuracies = dict[str, list[float]]


def classifier_of(model: str, *, width: int, n_classes: int) -> Classifier:
    """A trained model, or ``random``: an untrained ResNet-18 of `width`."""
    if model != "random":
        return zoo.load(model, kind=Classifier)
    torch.manual_seed(0)
    return zoo.ResNet18(n_classes=n_classes, width=width).freeze()


def plain_loop(
    classifier: Classifier, x: Tensor, y: Tensor, *, steps: int, batch_size: int
) -> tuple[float, Accuracies]:
    """What one writes with torchattacks: every attack at every epsilon on every picture."""
    torch.manual_seed(0)
    accuracies: Accuracies = {"fgsm": [], "pgd_linf": []}
    started = time.perf_counter()
    for eps in (e / 255 for e in EPS_255):
        both = {
            "fgsm": torchattacks.FGSM(classifier, eps=eps),
            "pgd_linf": torchattacks.PGD(classifier, eps=eps, alpha=2.5 * eps / steps, steps=steps),
        }
        for name, attack in both.items():
            right = 0
            for pictures, labels in zip(x.split(batch_size), y.split(batch_size), strict=True):
                adversarial = attack(pictures, labels)
                right += int((classifier.predict(adversarial).argmax(1) == labels).sum())
            accuracies[name].append(right / len(x))
    return time.perf_counter() - started, accuracies


def our_sweep(
    classifier: Classifier, x: Tensor, y: Tensor, *, steps: int
) -> tuple[float, Accuracies]:
    """The same question asked of `trustai.attacks.sweep`."""
    eps = [e / 255 for e in EPS_255]
    started = time.perf_counter()
    curves = {
        "fgsm": attacks.sweep(classifier, x, y, attack="fgsm", eps=eps),
        "pgd_linf": attacks.sweep(
            classifier, x, y, attack="pgd_linf", eps=eps, params=PGDParams(steps=steps)
        ),
    }
    seconds = time.perf_counter() - started
    return seconds, {name: curve.accuracy.tolist() for name, curve in curves.items()}


def compare(arguments: argparse.Namespace) -> dict[str, Any]:
    """Both sides, alternating; the best time of each."""
    pictures = data.load(arguments.data, split="test", n=arguments.n, seed=0)
    x, y = pictures.pixels, pictures.labels
    classifier = classifier_of(
        arguments.model, width=arguments.width, n_classes=len(pictures.classes)
    )
    if arguments.model == "random":
        y = classifier.predict(x).argmax(1)  # an untrained model knows no other truth
    seconds: dict[str, list[float]] = {"torchattacks": [], "trustai": []}
    accuracy: dict[str, Accuracies] = {}
    for repeat in range(arguments.repeats):
        for side in ("trustai", "torchattacks") if repeat % 2 else ("torchattacks", "trustai"):
            if side == "trustai":
                taken, accuracy[side] = our_sweep(classifier, x, y, steps=arguments.steps)
            else:
                taken, accuracy[side] = plain_loop(
                    classifier, x, y, steps=arguments.steps, batch_size=arguments.batch_size
                )
            seconds[side].append(taken)
    best = {side: min(taken) for side, taken in seconds.items()}
    excess = {
        name: max(
            ours - theirs
            for ours, theirs in zip(
                accuracy["trustai"][name], accuracy["torchattacks"][name], strict=True
            )
        )
        for name in ("fgsm", "pgd_linf")
    }
    return {
        "model": arguments.model,
        "data": arguments.data,
        "n": len(y),
        "clean_accuracy": float((classifier.predict(x).argmax(1) == y).float().mean()),
        "eps_255": EPS_255,
        "steps": arguments.steps,
        "alpha": "2.5 * eps / steps",
        "seconds": best,
        "all_seconds": seconds,
        "ratio": best["torchattacks"] / best["trustai"],
        "accuracy": accuracy,
        "weaker_by": excess,
        "torchattacks_batch_size": arguments.batch_size,
        "bfloat16": multiplies_bf16(),
        "machine": machine(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="cifar10-resnet18", help="id in the zoo, or random")
    parser.add_argument("--width", type=int, default=16, help="of a random model")
    parser.add_argument("--data", choices=("cifar10", "signs"), default="cifar10")
    parser.add_argument("--n", type=int, default=256, help="test pictures")
    parser.add_argument("--steps", type=int, default=10, help="of PGD")
    parser.add_argument("--repeats", type=int, default=2, help="best of so many runs per side")
    parser.add_argument("--batch-size", type=int, default=128, help="of the torchattacks loop")
    print(json.dumps(compare(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
