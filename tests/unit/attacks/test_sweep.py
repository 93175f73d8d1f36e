"""The sweep against closed forms and a plain loop, and its promises as a stream."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch

from tests.toys.images import TinyCNN, Wave, margin, pictures, two_classes
from trustai import attacks
from trustai.attacks.methods.cw import CWParams
from trustai.attacks.methods.pgd import PGDParams
from trustai.attacks.methods.square import SquareParams
from trustai.attacks.robustness import strategies
from trustai.attacks.robustness.low_precision import fast_forward, multiplies_bf16

LINF = [0, 0.001, 0.003, 0.005, 0.01, 0.02]
L2 = [0, 0.01, 0.03, 0.05, 0.1, 0.2]


@pytest.fixture(scope="module")
def linear():
    """A linear model and 40 pictures, three of them with a wrong label."""
    classifier, w = two_classes()
    x = pictures(40, side=4, low=0.45, high=0.55)
    y = classifier.predict(x).argmax(1)
    y[:3] = 1 - y[:3]
    return classifier, w, x, y


def closed_form(classifier, x, y, eps, reach):
    """The first of `eps` greater than margin / reach; 0 where wrong from the start."""
    needed = margin(classifier, x) / reach
    listed = torch.tensor(eps)
    first = torch.searchsorted(listed, needed)
    smallest = torch.cat([listed, torch.tensor([math.inf])])[first]
    smallest[classifier.predict(x).argmax(1) != y] = 0
    # A margin within rounding of a listed epsilon would make the test depend on it.
    assert (needed[:, None] - listed[1:]).abs().min() > 1e-6
    return smallest


@pytest.mark.parametrize(
    ("name", "eps"),
    [
        ("fgsm", LINF),
        ("pgd_linf", LINF),
        ("bim", LINF),
        ("square", LINF),
        ("pgd_l2", L2),
        ("deepfool", L2),
    ],
)
def test_finds_the_smallest_listed_epsilon(name, eps, linear):
    classifier, w, x, y = linear
    params: Any = None
    if name.startswith("pgd"):
        params = PGDParams(random_start=False)
    elif name == "square":
        params = SquareParams(n_queries=100)
    reach = w.abs().sum() if attacks.get(name).norm == "linf" else w.norm()
    if name == "deepfool":
        reach = reach / 1.02  # its overshoot
    expected = closed_form(classifier, x, y, eps, reach)
    curve = attacks.sweep(classifier, x, y, attack=name, eps=eps, params=params)
    assert len(expected.unique()) >= 5
    if name == "square":  # random search: never better than the optimum, and not idle
        assert (curve.smallest_eps >= expected).all()
        assert curve.accuracy[-1] < 0.5
        return
    torch.testing.assert_close(curve.smallest_eps, expected)
    wrong = classifier.predict(x).argmax(1) != y
    assert curve.accuracy[0] == (~wrong).float().mean()
    falls = curve.smallest_eps.isfinite()
    assert torch.equal(curve.fooled_label, torch.where(falls, 1 - y, y))
    for k, radius in enumerate(eps):
        assert curve.accuracy[k] == (expected > radius).float().mean()


@pytest.mark.parametrize("name", ["fgsm", "pgd_linf", "pgd_l2"])
def test_is_no_weaker_than_a_plain_loop(name):
    classifier = TinyCNN().freeze()
    x = pictures(48)
    y = classifier.predict(x).argmax(1)
    y[:5] = (y[:5] + 1) % 5
    eps = [e * (1 if name != "pgd_l2" else 15) / 255 for e in (0, 0.5, 1, 2, 4, 8)]
    curve = attacks.sweep(classifier, x, y, attack=name, eps=eps)
    assert (curve.accuracy.diff() <= 0).all()
    assert curve.accuracy[-1] < curve.accuracy[0] - 0.3
    for k, radius in enumerate(eps):
        plain = (~attacks.run(name, classifier, x, y, eps=radius).success).float().mean()
        assert curve.accuracy[k] <= plain + 1.01 / 48
    again = attacks.sweep(classifier, x, y, attack=name, eps=eps)
    assert torch.equal(curve.smallest_eps, again.smallest_eps)
    assert torch.equal(curve.fooled_label, again.fooled_label)


def test_the_curve_stays_down_where_a_larger_step_overshoots():
    # Class 1 has means of 0.4 to 0.6, class 0 of 0.2 to 0.4, class 1 of 0 to 0.2: from 0.45 a step
    # of 0.1 fools the model and a step of 0.3 does not.
    classifier = Wave(periods=5).freeze()
    x = torch.full((1, 3, 4, 4), 0.45)
    y = torch.tensor([1])
    fooled = [attacks.run("fgsm", classifier, x, y, eps=e).success.item() for e in (0.02, 0.1, 0.3)]
    assert fooled == [False, True, False]
    curve = attacks.sweep(classifier, x, y, attack="fgsm", eps=[0.02, 0.1, 0.3])
    assert curve.accuracy.tolist() == [1, 0, 0]
    assert curve.smallest_eps.item() == pytest.approx(0.1)


def test_streams_what_is_known_so_far(linear):
    classifier, _, x, y = linear
    shares = []
    curves = list(
        attacks.sweep_stream(
            classifier, x, y, attack="pgd_linf", eps=LINF, batch_size=16, on_progress=shares.append
        )
    )
    final = curves[-1]
    assert len(curves) > len(LINF)
    assert [c.finished for c in curves] == [False] * (len(curves) - 1) + [True]
    clean = (classifier.predict(x).argmax(1) == y).float().mean()
    assert (curves[0].accuracy == clean).all()
    for earlier, later in itertools.pairwise(curves):
        assert (later.accuracy <= earlier.accuracy).all()
        known = earlier.smallest_eps.isfinite()
        assert torch.equal(earlier.smallest_eps[known], final.smallest_eps[known])
    assert curves[1].smallest_eps.isinf().sum() > final.smallest_eps.isinf().sum()
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert 0 < shares[0] < 0.5
    whole = attacks.sweep(classifier, x, y, attack="pgd_linf", eps=LINF, batch_size=16)
    assert torch.equal(whole.smallest_eps, final.smallest_eps)


@pytest.mark.parametrize("name", ["fgsm", "pgd_linf", "bim", "deepfool"])
def test_stops_when_it_is_closed(name, linear, monkeypatch):
    classifier, _, x, y = linear
    rounds = []
    whole = strategies.advance

    def counted(state):
        for share in whole(state):
            rounds.append(share)
            yield share

    monkeypatch.setattr("trustai.attacks.robustness.sweep.advance", counted)
    stream = attacks.sweep_stream(classifier, x, y, attack=name, eps=[0.001, 0.002], batch_size=10)
    assert not next(stream).finished
    assert not next(stream).finished
    stream.close()  # type: ignore[attr-defined]  # it is a generator
    assert len(rounds) == 1
    with pytest.raises(StopIteration):
        next(stream)


def test_what_the_fast_model_believes_does_not_count(linear, monkeypatch):
    """A fast model that always sees its wish come true must not lower the curve."""
    classifier, w, x, y = linear
    eps = 1e-5
    solid = (margin(classifier, x) > 10 * eps * w.abs().sum()) & (
        classifier.predict(x).argmax(1) == y
    )
    x, y = x[solid], y[solid]
    asked = []

    def liar(classifier, *, bf16=None):
        def forward(pictures):
            asked.append(len(pictures))
            return 0 * pictures.sum() + torch.eye(2)[1 - y]

        return forward

    monkeypatch.setattr(strategies, "fast_forward", liar)
    curve = attacks.sweep(classifier, x, y, attack="pgd_linf", eps=[eps, 2 * eps])
    assert asked == [len(x)] * (
        10 + 5
    )  # nobody was let go early, a warm start takes half of the steps
    assert curve.smallest_eps.isinf().all()
    assert torch.equal(curve.fooled_label, y)


def test_the_fast_model_is_close_and_leaves_the_original_alone():
    classifier = TinyCNN().freeze()
    before = {name: (p.clone(), p.stride()) for name, p in classifier.named_parameters()}
    x = pictures(8)
    for bf16, tolerance in ((False, 1e-4), (True, 0.15)):
        fast = fast_forward(classifier, bf16=bf16)(x).float()
        torch.testing.assert_close(fast, classifier.predict(x), rtol=tolerance, atol=tolerance)
    for name, p in classifier.named_parameters():
        assert torch.equal(p, before[name][0])
        assert p.stride() == before[name][1]
    assert isinstance(multiplies_bf16(), bool)


def test_states_its_circumstances(linear):
    classifier, _, x, y = linear
    curve = attacks.sweep(
        classifier, x, y, attack="pgd_linf", eps=[0.001], seed=4, params=PGDParams(steps=3)
    )
    stated = curve.circumstances
    assert (stated.method, stated.seed) == ("pgd_linf", 4)
    assert stated.parameters["steps"] == 3
    assert stated.parameters["n"] == 40
    assert stated.parameters["eps"] == [0.001]
    assert curve.seconds > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eps": [0.1, 0.1]}, "ascend, got 0.1 after 0.1"),
        ({"eps": [0.2, 0.1]}, "ascend, got 0.1 after 0.2"),
        ({"eps": []}, "at least one eps"),
        ({"eps": [0, 8]}, r"did you mean 8/255\?"),
        ({"attack": "pgd_link"}, "did you mean 'pgd_linf'"),
        ({"params": CWParams()}, "expected params of 'fgsm'"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_wrong_inputs_are_refused_at_the_call(linear, changes, message):
    classifier, _, x, y = linear
    arguments = {"attack": "fgsm", "eps": [0.1]} | changes
    with pytest.raises(ValueError, match=message):
        attacks.sweep_stream(classifier, x, y, **arguments)
