"""Ours beside torchattacks on one small network: the same pictures, the same strength."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from trustai import attacks
from trustai.attacks.methods.mifgsm import MIFGSMParams
from trustai.attacks.methods.pgd import PGDParams
from trustai.attacks.methods.square import SquareParams
from trustai.zoo.architectures.resnet import ConvNorm
from trustai.zoo.classifier import Classifier

torchattacks = pytest.importorskip("torchattacks")

EPS = 8 / 255


class Small(Classifier):
    """Two convolutions and a linear layer with weights of a fixed seed."""

    def __init__(self) -> None:
        super().__init__(mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
        self.body = nn.Sequential(
            ConvNorm(3, 8, size=3, stride=1),
            nn.ReLU(),
            ConvNorm(8, 16, size=3, stride=2),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
        )
        self.linear = nn.Linear(256, 10)
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)

    def features(self, x: Tensor) -> Tensor:
        return self.body(self.normalise(x))

    def head(self, features: Tensor) -> Tensor:
        return self.linear(features)


@pytest.fixture(scope="module")
def subject():
    classifier = Small().freeze()
    x = torch.rand((96, 3, 16, 16), generator=torch.Generator().manual_seed(1))
    return classifier, x, classifier.predict(x).argmax(1)


def theirs(attack, x, y, target=None):
    if target is not None:
        attack.set_mode_targeted_by_function(lambda images, labels: target)
    return attack(x, y)


@pytest.mark.parametrize("targeted", [False, True])
def test_fgsm_makes_the_same_pictures(subject, targeted):
    classifier, x, y = subject
    target = (y + 1) % 10 if targeted else None
    ours = attacks.run("fgsm", classifier, x, y, eps=EPS, target=target).adversarial
    reference = theirs(torchattacks.FGSM(classifier, eps=EPS), x, y, target)
    torch.testing.assert_close(ours, reference, rtol=0, atol=1e-6)


def in_batches(attack, x, y, target=None):
    """As ours runs: the same number of pictures together, or sums round differently."""
    parts = [slice(0, 64), slice(64, 96)]
    return torch.cat(
        [theirs(attack, x[p], y[p], None if target is None else target[p]) for p in parts]
    )


@pytest.mark.parametrize("targeted", [False, True])
def test_pgd_linf_makes_the_same_pictures(subject, targeted):
    classifier, x, y = subject
    target = (y + 1) % 10 if targeted else None
    params = PGDParams(steps=10, alpha=2 / 255, random_start=False, early_exit=False)
    ours = attacks.run("pgd_linf", classifier, x, y, eps=EPS, target=target, params=params)
    attack = torchattacks.PGD(classifier, eps=EPS, alpha=2 / 255, steps=10, random_start=False)
    reference = in_batches(attack, x, y, target)
    torch.testing.assert_close(ours.adversarial, reference, rtol=0, atol=1e-6)


def test_pgd_l2_makes_the_same_pictures(subject):
    classifier, x, y = subject
    params = PGDParams(steps=10, alpha=0.1, random_start=False, early_exit=False)
    ours = attacks.run("pgd_l2", classifier, x, y, eps=0.5, params=params)
    attack = torchattacks.PGDL2(classifier, eps=0.5, alpha=0.1, steps=10, random_start=False)
    torch.testing.assert_close(ours.adversarial, in_batches(attack, x, y), rtol=0, atol=1e-5)


def accuracy(classifier, x_adv, y):
    return (classifier.predict(x_adv).argmax(1) == y).float().mean().item()


def test_pgd_from_random_starts_is_as_strong(subject):
    classifier, x, y = subject
    for eps in (0.25 / 255, 0.5 / 255, 1 / 255):
        ours = attacks.run("pgd_linf", classifier, x, y, eps=eps)
        attack = torchattacks.PGD(classifier, eps=eps, alpha=eps / 4, steps=10)
        torch.manual_seed(0)
        reference = accuracy(classifier, attack(x, y), y)
        assert 0.05 < reference < 0.95
        assert abs((~ours.success).float().mean().item() - reference) <= 3.01 / 96


@pytest.mark.parametrize(
    ("name", "bf16"), [("fgsm", False), ("pgd_linf", False), ("pgd_linf", True)]
)
def test_the_sweep_is_at_least_as_strong_as_a_loop(subject, name, bf16, monkeypatch):
    classifier, x, y = subject
    monkeypatch.setattr("trustai.attacks.robustness.low_precision.multiplies_bf16", lambda: bf16)
    eps = [e / 255 for e in (0.25, 0.5, 1, 2)]
    curve = attacks.sweep(classifier, x, y, attack=name, eps=eps)
    torch.manual_seed(0)
    for radius, ours in zip(eps, curve.accuracy.tolist(), strict=True):
        attack = (
            torchattacks.FGSM(classifier, eps=radius)
            if name == "fgsm"
            else torchattacks.PGD(classifier, eps=radius, alpha=radius / 4, steps=10)
        )
        assert ours <= accuracy(classifier, attack(x, y), y) + 1.01 / 96


def test_a_wrapped_attack_is_the_library_s_own(subject):
    classifier, x, y = subject
    x, y = x[:8], y[:8]
    mifgsm = torchattacks.MIFGSM(classifier, eps=EPS, alpha=EPS / 4, steps=5)
    ours = attacks.run("mifgsm", classifier, x, y, eps=EPS, params=MIFGSMParams(steps=5))
    torch.testing.assert_close(ours.adversarial, mifgsm(x, y), rtol=0, atol=1e-6)
    square = torchattacks.Square(classifier, eps=EPS, n_queries=50, seed=7)
    params = SquareParams(n_queries=50)
    ours = attacks.run("square", classifier, x, y, eps=EPS, seed=7, params=params)
    reference = classifier.predict(square(x, y)).argmax(1) != y
    assert torch.equal(ours.success, reference)
