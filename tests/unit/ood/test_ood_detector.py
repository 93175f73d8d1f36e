"""A threshold is not a defence: attacks on the detector."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from tests.toys.images import TinyCNN, pictures
from tests.unit.ood.test_ood_by_hand import colour, small
from tests.unit.ood.test_ood_registry import fitted_to
from trustai import attacks, ood
from trustai.ood.detector import ACCEPTED, REJECTED

NEEDS_CLASSES = "autoattack"  # its loss compares four logits
CONTROL = "random_signs"
SHORT = {"steps": 8, "n_queries": 60}
LONG = {"steps": 100, "c": 10.0}  # of an attack that has to find its own length


def short(name):
    params = attacks.get(name).params
    settings = LONG if name == "cw" else SHORT
    return params(**{k: v for k, v in settings.items() if k in params.__dataclass_fields__})


@pytest.fixture(scope="module")
def subject():
    classifier = TinyCNN().freeze()
    return classifier, pictures(6), fitted_to(classifier, pictures(200, seed=1))


def detector_at(subject, name, *, keep):
    """The detector that accepts this share of the pictures."""
    classifier, x, fitted = subject
    threshold = ood.threshold_at(ood.score(name, classifier, x, fitted=fitted), keep=keep)
    return ood.Detector(classifier, score=name, threshold=threshold, fitted=fitted)


def rejected(x):
    return torch.full((len(x),), REJECTED)


@pytest.mark.parametrize("name", ood.names())
def test_it_says_what_the_score_says(subject, name):
    classifier, x, fitted = subject
    detector = detector_at(subject, name, keep=0.5)
    scores = ood.score(name, classifier, x, fitted=fitted)
    torch.testing.assert_close(detector.features(x)[:, 0], scores, rtol=0, atol=0)
    logits = detector.predict(x)
    assert logits.shape == (6, 2)
    # The threshold is one of the scores: a tie, which is accepted.
    assert torch.equal(logits.argmax(1) == ACCEPTED, scores <= detector.threshold)
    assert (logits.argmax(1) == ACCEPTED).sum() == 3
    assert detector.classes[ACCEPTED] == "accepted"
    assert detector.classes[REJECTED] == "rejected"


@pytest.mark.parametrize("name", ood.names())
def test_pgd_gets_the_rejected_accepted(subject, name):
    """On a frozen threshold: what counts as success has a score at most that high, measured anew
    on the network itself."""
    classifier, x, fitted = subject
    detector = detector_at(subject, name, keep=0.2)
    before = ood.score(name, classifier, x, fitted=fitted)
    assert (before > detector.threshold).sum() == 4
    result = attacks.run("pgd_linf", detector, x, rejected(x), eps=0.1, seed=0)
    after = ood.score(name, classifier, result.adversarial, fitted=fitted)
    assert torch.equal(result.success, after <= detector.threshold)
    assert result.success.sum() >= 5
    assert result.linf.max() <= 0.1 + 1e-6
    told = result.circumstances
    assert told.model_id == "TinyCNN"
    assert told.parameters["score"] == name
    assert told.parameters["threshold"] == detector.threshold


@pytest.mark.parametrize("name", [n for n in attacks.names() if n != NEEDS_CLASSES])
def test_every_attack_runs_on_it(subject, name):
    detector = detector_at(subject, "energy", keep=0.2)
    x = subject[1]
    eps = 0.1 if attacks.get(name).norm == "linf" else 2.0
    result = attacks.run(name, detector, x, rejected(x), eps=eps, params=short(name), seed=0)
    again = detector.predict(result.adversarial).argmax(1) == ACCEPTED
    assert torch.equal(result.success, again)
    if name != CONTROL:
        assert result.success.sum() > 2  # two are accepted from the start


def test_autoattack_says_what_it_lacks(subject):
    detector = detector_at(subject, "energy", keep=0.2)
    with pytest.raises(ValueError, match="at least 4 classes for 'autoattack', got 2"):
        attacks.run("autoattack", detector, subject[1], rejected(subject[1]), eps=0.1)


def test_the_gradient_lives_far_from_the_threshold():
    """In float32 the cross entropy of a plain difference of 200 has a gradient of exactly 0."""
    x = colour(0.5, 0.2, 0.1)
    detector = ood.Detector(small(), score="feature-norm", threshold=-200.0)
    gradient = attacks.steps.input_gradient(detector, x, rejected(x))
    assert gradient.abs().min() > 0
    # -|f| falls where the colours grow.
    assert (gradient > 0).all()


def test_a_curve_of_acceptance(subject):
    """The sweep of the playground runs on it, and its curve can only fall."""
    detector = detector_at(subject, "msp", keep=0.2)
    x = subject[1]
    curve = attacks.sweep(detector, x, rejected(x), attack="pgd_linf", eps=[0, 0.02, 0.1])
    assert curve.accuracy[0].item() == pytest.approx(4 / 6)
    assert (curve.accuracy.diff() <= 0).all()
    assert curve.accuracy[-1] < curve.accuracy[0]


def test_it_shares_weights_and_nothing_else(subject):
    classifier, x, _ = subject
    detector = detector_at(subject, "mahalanobis", keep=0.5)
    pointers = {p.data_ptr() for p in classifier.parameters()}
    for copied in (detector, detector.replica()):
        assert {p.data_ptr() for p in copied.parameters()} == pointers
        assert copied.classifier is not classifier
        assert torch.equal(copied.predict(x), detector.predict(x))
    detector.classifier.train()
    assert not classifier.training


def test_nonsense_is_refused(subject):
    classifier, _, fitted = subject
    for threshold in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="expected a finite threshold"):
            ood.Detector(classifier, score="msp", threshold=threshold)
    with pytest.raises(ValueError, match="did you mean 'msp'"):
        ood.Detector(classifier, score="mps", threshold=0)
    with pytest.raises(ValueError, match=r"trustai\.train\.measure .* --stages feature-statistics"):
        ood.Detector(classifier, score="knn", threshold=0)
    fewer = dataclasses.replace(fitted, reference=fitted.reference[:3])
    with pytest.raises(ValueError, match="at most 3"):
        ood.Detector(classifier, score="knn", threshold=0, fitted=fewer)
