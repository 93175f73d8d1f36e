"""Attacks on classifiers of pictures by name, and the sweep of accuracy against epsilon.

>>> from trustai import attacks, data, zoo
>>> attacks.names()[:3]
['fgsm', 'pgd_linf', 'pgd_l2']
>>> signs = data.load("signs", n=2)
>>> classifier = zoo.load("signs-resnet18")
>>> result = attacks.run("pgd_linf", classifier, signs.pixels, signs.labels, eps=8 / 255)
>>> result.success
tensor([True, True])
>>> curve = attacks.sweep(
...     classifier, signs.pixels, signs.labels, attack="pgd_linf", eps=[0, 1 / 255, 8 / 255]
... )
>>> curve.accuracy
tensor([1., 1., 0.])
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from trustai.attacks.base import ATTACKS, Attack
from trustai.attacks.robustness.sweep import sweep, sweep_stream
from trustai.attacks.robustness.tighten import TightenParams, tighten
from trustai.registry import discover
from trustai.types import AttackResult, OnProgress
from trustai.zoo.classifier import Classifier

__all__ = ["Attack", "TightenParams", "get", "names", "run", "sweep", "sweep_stream", "tighten"]

discover("trustai.attacks.methods")


def names() -> list[str]:
    """Every attack, in the order of the menus.

    >>> "pgd_linf" in names()
    True
    """
    return ATTACKS.names()


def get(name: str) -> Attack[Any]:
    """The attack `name`: its title, norm, paper, description, cost and the class of its `params`.

    Args:
        name: One of `names`.

    Raises:
        ValueError: no such attack.

    >>> get("fgsm").norm
    'linf'
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
    """Attack a batch of pictures and measure again what came out; see `Attack.run`.

    Args:
        name: One of `names`.
        classifier: In eval mode; it is not changed and may be shared with other threads.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``, not normalised.
        y: ``int64 (N,)``, true labels.
        eps: Radius of the ball: in ``[0, 1]`` of any pixel (Linf), or the L2 norm, at least 0.
        seed: Same inputs and seed, same bytes out.
        target: The class wanted for all, or one per picture ``int64 (N,)``; None: any wrong one.
        params: The attack's own dataclass, ``get(name).params``; None for its defaults.
        on_progress: Called with the share of the work done, in ``[0, 1]``; may raise to stop.

    Raises:
        ValueError: a wrong input, a target for an untargeted attack, or a missing library.

    >>> from trustai import data, zoo
    >>> signs, classifier = data.load("signs", n=2), zoo.load("signs-resnet18")
    >>> run("fgsm", classifier, signs.pixels, signs.labels, eps=8 / 255).success
    tensor([False,  True])
    """
    return ATTACKS.get(name).run(
        classifier, x, y, eps=eps, seed=seed, target=target, params=params, on_progress=on_progress
    )
