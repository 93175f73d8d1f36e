"""Attacks by name, and the sweep of accuracy against epsilon.

>>> from trustai import attacks
>>> attacks.names()[:3]
['fgsm', 'pgd_linf', 'pgd_l2']
>>> result = attacks.run("fgsm", classifier, x, y, eps=8 / 255)  # doctest: +SKIP
>>> result.success, result.linf, result.seconds  # doctest: +SKIP
>>> curve = attacks.sweep(classifier, x, y, attack="pgd_linf", eps=[0, 2 / 255])  # doctest: +SKIP
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from trustai.attacks.base import ATTACKS, Attack
from trustai.attacks.methods.fgsm import FGSM
from trustai.attacks.methods.pgd import PGD
from trustai.attacks.methods.random_signs import RandomSigns
from trustai.attacks.methods.torchattacks_simple import (
    BIM,
    CW,
    MIFGSM,
    DeepFool,
    Square,
)
from trustai.attacks.methods.torchattacks_strong import APGD, AutoAttack
from trustai.attacks.robustness.sweep import sweep, sweep_stream
from trustai.types import AttackResult, OnProgress
from trustai.zoo.classifier import Classifier

__all__ = [
    "APGD",
    "BIM",
    "CW",
    "FGSM",
    "MIFGSM",
    "PGD",
    "Attack",
    "AutoAttack",
    "DeepFool",
    "RandomSigns",
    "Square",
    "get",
    "names",
    "run",
    "sweep",
    "sweep_stream",
]


def names() -> list[str]:
    """Every attack, in the order of the menus."""
    return ATTACKS.names()


def get(name: str) -> Attack[Any]:
    """The attack `name`: its title, norm, paper, description and the class of its `params`.

    Raises:
        ValueError: no such attack.
    """
    return ATTACKS.get(name)


def run(
    name: str,
    classifier: Classifier,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    seed: int = 0,
    target: int | Tensor | None = None,
    params: Any = None,
    on_progress: OnProgress | None = None,
) -> AttackResult:
    """Attack a batch of pictures and measure again what came out.

    The attack works on an isolated copy of `classifier`. What it returns is brought into the ball
    and into ``[0, 1]``, and success is judged on `classifier` itself, in float32. A picture that
    is wrong from the start counts as a success; only FGSM still moves it.

    Args:
        name: One of `names`.
        classifier: In eval mode; it is not changed and may be shared with other threads.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``, not normalised.
        y: ``int64 (N,)``, true labels.
        eps: Largest perturbation. Linf attacks: of any pixel, in ``[0, 1]``. L2: Euclidean norm of
            a picture's perturbation, at least 0. Min-norm attacks look for the shortest one by
            themselves; it is scaled back to this L2 norm where it is longer, ``inf`` never does.
            0 is the identity.
        seed: Same inputs and seed, same bytes out.
        target: The class wanted for all, or one per picture ``int64 (N,)``; None: any wrong one.
        params: The attack's own dataclass, ``get(name).params``; None for its defaults.
        on_progress: Called with the share of the work done, in ``[0, 1]``; may raise to stop.

    Raises:
        ValueError: an input outside what is said above, a target for an untargeted attack, or the
            library behind the attack is not installed.

    >>> result = run("pgd_linf", classifier, x, y, eps=8 / 255, params=PGD(steps=20))
    ... # doctest: +SKIP
    """
    return ATTACKS.get(name).run(
        classifier,
        x,
        y,
        eps=eps,
        seed=seed,
        target=target,
        params=params,
        on_progress=on_progress,
    )
