"""The four ways to sweep: each a generator that moves a `Survey` on and yields the share done."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import torch
from torch import Tensor

from trustai.attacks.methods.fgsm import FGSM
from trustai.attacks.methods.pgd import PGD, PGDParams
from trustai.attacks.robustness.low_precision import fast_forward
from trustai.attacks.robustness.record import Survey
from trustai.attacks.steps import input_gradient, linf_step


def advance(survey: Survey) -> Iterator[float]:
    """Sweep by whichever way is cheapest for the attack of `survey`."""
    attack = survey.attack
    if isinstance(attack, FGSM):
        return one_gradient(survey)
    if isinstance(attack, PGD):
        return ascending(survey, attack, survey.params)
    if attack.norm == "min-norm":
        return shortest(survey)
    return again(survey)


def one_gradient(survey: Survey) -> Iterator[float]:
    """FGSM moves along one line: the gradient at the picture serves every epsilon."""
    forward = fast_forward(survey.classifier, bf16=False)
    batches = survey.batches()
    for i, rows in enumerate(batches, start=1):
        x = survey.x[rows]
        gradient = input_gradient(forward, x, survey.y[rows])
        for k, eps in enumerate(survey.radii):
            if eps > 0:
                fell = survey.judge(rows, linf_step(x, x, gradient, eps=eps, alpha=eps), k)
                rows, x, gradient = rows[~fell], x[~fell], gradient[~fell]
        yield i / len(batches)


def ascending(survey: Survey, attack: PGD, params: PGDParams) -> Iterator[float]:
    """PGD that carries the perturbation of every standing picture on to the next epsilon.

    Grown in proportion, it lies as far out in the new ball as it did in the old one. A search
    that begins there has half of its way behind it, so half of the steps are left to take.
    """
    forward = fast_forward(survey.classifier)
    generator = torch.Generator().manual_seed(survey.seed)
    shorter = dataclasses.replace(params, steps=math.ceil(params.steps / 2))
    last = survey.x.clone()
    for k, rows, share in survey.rounds():
        x, eps = survey.x[rows], survey.radii[k]
        smaller = survey.radii[k - 1] if k > 0 else 0.0
        start = x
        if smaller > 0:
            start = (x + (eps / smaller) * (last[rows] - x)).clamp(0, 1)
        elif params.random_start:
            start = attack.start(x, eps, generator)

        def confirm(positions: Tensor, x_adv: Tensor, rows: Tensor = rows, k: int = k) -> Tensor:
            return survey.judge(rows[positions], x_adv, k)

        x_adv = attack.ascend(
            forward,
            x,
            survey.y[rows],
            start,
            eps=eps,
            params=shorter if smaller > 0 else params,
            confirm=confirm,
        )
        stands = survey.smallest[rows].isinf()
        survey.judge(rows[stands], x_adv[stands], k)
        last[rows] = x_adv
        yield share


def shortest(survey: Survey) -> Iterator[float]:
    """Attacks without an epsilon run once; the length of what they find says where it counts."""
    radii = torch.tensor(survey.radii)
    batches = survey.batches()
    for i, rows in enumerate(batches, start=1):
        found = survey.attack.run(
            survey.classifier,
            survey.x[rows],
            survey.y[rows],
            eps=math.inf,
            seed=survey.seed,
            params=survey.params,
        )
        first = torch.searchsorted(radii, found.l2.cpu()).to(rows.device)
        for k in range(len(radii)):
            here = found.success & (first == k)
            survey.judge(rows[here], found.adversarial[here], k)
        yield i / len(batches)


def again(survey: Survey) -> Iterator[float]:
    """Any other attack: itself, at each epsilon, on what still stands."""
    for k, rows, share in survey.rounds():
        found = survey.attack.run(
            survey.classifier,
            survey.x[rows],
            survey.y[rows],
            eps=survey.radii[k],
            seed=survey.seed,
            params=survey.params,
        )
        survey.judge(rows[found.success], found.adversarial[found.success], k)
        yield share
