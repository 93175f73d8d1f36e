"""Sweep strategies: generators that advance a `SweepState` and yield the share done."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from trustai import seeds
from trustai.attacks.base import Attack
from trustai.attacks.methods.fgsm import FGSM
from trustai.attacks.methods.pgd import PGD, PGDParams
from trustai.attacks.robustness.low_precision import fast_forward
from trustai.attacks.robustness.sweep_state import SweepState
from trustai.attacks.steps import input_gradient, linf_step


def advance(state: SweepState) -> Iterator[float]:
    """Sweep by whichever way is cheapest for the attack of `state`."""
    attack = state.attack
    if isinstance(attack, FGSM):
        return fgsm_one_gradient(state)
    if isinstance(attack, PGD):
        return pgd_warm_start(state, attack, state.params)
    if attack.norm == "min-norm":
        return min_norm(state)
    return attack_again(state)


def in_words(attack: Attack[Any], params: Any) -> str:
    """What a sweep with this attack does, in whole sentences, for a caption.

    >>> from trustai import attacks
    >>> in_words(attacks.get("fgsm"), attacks.get("fgsm").params())
    'One gradient at the picture serves every epsilon.'
    """
    if isinstance(attack, FGSM):
        return "One gradient at the picture serves every epsilon."
    if isinstance(attack, PGD):
        start = "a random start" if params.random_start else "the picture"
        return (
            f"At the first epsilon it takes {params.steps} steps from {start}; at every larger "
            f"one {_fewer(params.steps)} steps from the change that it found before."
        )
    if attack.norm == "min-norm":
        return "It runs once, and the length of the change that it finds decides."
    return "It runs at every epsilon on the pictures that it has not fooled before."


def _fewer(steps: int) -> int:
    """Steps from a perturbation that was carried on: half of its way lies behind it."""
    return math.ceil(steps / 2)


def fgsm_one_gradient(state: SweepState) -> Iterator[float]:
    """FGSM moves along one line: the gradient at the picture serves every epsilon."""
    forward = fast_forward(state.classifier, bf16=False)
    batches = state.batches()
    for i, rows in enumerate(batches, start=1):
        x = state.x[rows]
        gradient = input_gradient(forward, x, state.y[rows])
        for k, eps in enumerate(state.radii):
            if eps > 0:
                fooled = state.judge(rows, linf_step(x, x, gradient, eps=eps, alpha=eps), k)
                rows, x, gradient = rows[~fooled], x[~fooled], gradient[~fooled]
        yield i / len(batches)


def pgd_warm_start(state: SweepState, attack: PGD, params: PGDParams) -> Iterator[float]:
    """PGD that carries the perturbation of every robust picture on to the next epsilon.

    Grown in proportion, it lies as far out in the new ball as it did in the old one. A search
    that begins there has half of its way behind it, so half of the steps are left to take.
    """
    forward = fast_forward(state.classifier)
    generator = seeds.torch_generator(state.seed)
    shorter = dataclasses.replace(params, steps=_fewer(params.steps))
    last = state.x.clone()
    for k, rows, share in state.rounds():
        x, eps = state.x[rows], state.radii[k]
        smaller = state.radii[k - 1] if k > 0 else 0.0
        start = x
        if smaller > 0:
            start = (x + (eps / smaller) * (last[rows] - x)).clamp(0, 1)
        elif params.random_start:
            start = attack.start(x, eps, generator)

        def confirm(positions: Tensor, x_adv: Tensor, rows: Tensor = rows, k: int = k) -> Tensor:
            return state.judge(rows[positions], x_adv, k)

        x_adv = attack.ascend(
            forward,
            x,
            state.y[rows],
            start,
            eps=eps,
            params=shorter if smaller > 0 else params,
            confirm=confirm,
        )
        robust = state.smallest[rows].isinf()
        state.judge(rows[robust], x_adv[robust], k)
        last[rows] = x_adv
        yield share


def min_norm(state: SweepState) -> Iterator[float]:
    """Attacks without an epsilon run once; the length of what they find says where it counts."""
    radii = torch.tensor(state.radii)
    batches = state.batches()
    for i, rows in enumerate(batches, start=1):
        found = state.attack.run(
            state.classifier,
            state.x[rows],
            state.y[rows],
            eps=math.inf,
            seed=state.seed,
            params=state.params,
        )
        first = torch.searchsorted(radii, found.l2.cpu()).to(rows.device)
        for k in range(len(radii)):
            here = found.success & (first == k)
            state.judge(rows[here], found.adversarial[here], k)
        yield i / len(batches)


def attack_again(state: SweepState) -> Iterator[float]:
    """Any other attack: itself, at each epsilon, on what is still robust."""
    for k, rows, share in state.rounds():
        found = state.attack.run(
            state.classifier,
            state.x[rows],
            state.y[rows],
            eps=state.radii[k],
            seed=state.seed,
            params=state.params,
        )
        state.judge(rows[found.success], found.adversarial[found.success], k)
        yield share
