"""Tightened curves: never higher, and the truth of a linear network; two losses."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from tests.toys.images import TinyCNN, margin, pictures, two_classes
from trustai import attacks
from trustai.attacks.methods.pgd import PGDParams
from trustai.attacks.steps import cross_entropy, logits_and_gradient, margin_loss

EPS = [0, 0.001, 0.003, 0.005, 0.01, 0.02]
HARD = attacks.TightenParams(restarts=2, steps=10)


def test_a_loose_curve_becomes_the_true_one() -> None:
    """A linear network has one right answer; a curve that says nothing is brought down to it."""
    classifier, w = two_classes()
    x = pictures(30, side=4, low=0.45, high=0.55)
    y = classifier.predict(x).argmax(1)
    y[:3] = 1 - y[:3]
    exact = attacks.sweep(classifier, x, y, attack="fgsm", eps=EPS)
    loose = dataclasses.replace(
        exact, smallest_eps=torch.where(exact.smallest_eps > 0, torch.inf, 0.0)
    )
    found = attacks.tighten(classifier, x, y, curve=loose, params=HARD)
    needed = margin(classifier, x) / w.abs().sum()
    assert torch.equal(found.smallest_eps, exact.smallest_eps)
    assert (found.smallest_eps[3:] > needed[3:]).all()
    assert torch.equal(found.accuracy, exact.accuracy)


def test_never_higher_and_lower_where_one_step_was_too_few() -> None:
    classifier = TinyCNN().freeze()
    x = pictures(24, side=8)
    y = classifier.predict(x).argmax(1)
    eps = [0, 0.01, 0.03, 0.06, 0.1, 0.2]
    weak = attacks.sweep(
        classifier, x, y, attack="pgd_linf", eps=eps, params=PGDParams(steps=1, alpha=0.001)
    )
    before = weak.smallest_eps.clone()
    shares: list[float] = []
    tight = attacks.tighten(classifier, x, y, curve=weak, params=HARD, on_progress=shares.append)
    assert (tight.smallest_eps <= weak.smallest_eps).all()
    assert (tight.smallest_eps < weak.smallest_eps).any()
    assert torch.equal(weak.smallest_eps, before)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    again = attacks.tighten(classifier, x, y, curve=weak, params=HARD)
    assert torch.equal(again.smallest_eps, tight.smallest_eps)
    assert tight.circumstances.parameters["tightened"] == {"restarts": 2, "steps": 10}
    for i, smallest in enumerate(tight.smallest_eps.tolist()):
        if 0 < smallest < float("inf"):
            assert int(tight.fooled_label[i]) != int(y[i])


def test_the_margin_does_not_fade_where_the_network_is_sure() -> None:
    classifier, _ = two_classes()
    x = pictures(4, side=4)
    y = classifier.predict(x).argmax(1)

    def sure(pixels: torch.Tensor) -> torch.Tensor:
        return 1e4 * classifier(pixels)

    _, faded = logits_and_gradient(sure, x, y, loss=cross_entropy)
    _, kept = logits_and_gradient(sure, x, y, loss=margin_loss)
    assert faded.abs().max() < 1e-3 * kept.abs().max()
    assert kept.abs().max() > 0


@pytest.mark.parametrize("change", [{"finished": False}, {"smallest_eps": torch.zeros(3)}])
def test_other_curves_are_refused(change: dict[str, object]) -> None:
    classifier, _ = two_classes()
    x = pictures(2, side=4)
    y = classifier.predict(x).argmax(1)
    curve = attacks.sweep(classifier, x, y, attack="fgsm", eps=[0, 0.1])
    with pytest.raises(ValueError, match="expected a finished Linf curve of these 2 pictures"):
        attacks.tighten(classifier, x, y, curve=dataclasses.replace(curve, **change))  # type: ignore[arg-type]
