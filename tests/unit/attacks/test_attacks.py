"""The attacks against models computed by hand, and what every input and result must obey."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from tests.toys.images import Linear, TinyCNN, Wave, margin, pictures, two_classes
from trustai import attacks
from trustai.attacks import steps
from trustai.attacks.base import ATTACKS, Attack
from trustai.attacks.methods.apgd import APGDParams
from trustai.attacks.methods.autoattack import AutoAttackParams
from trustai.attacks.methods.bim import BIMParams
from trustai.attacks.methods.cw import CWParams
from trustai.attacks.methods.deepfool import DeepFoolParams
from trustai.attacks.methods.fgsm import FGSMParams
from trustai.attacks.methods.mifgsm import MIFGSMParams
from trustai.attacks.methods.pgd import PGDParams
from trustai.attacks.methods.square import SquareParams
from trustai.registry import Registry

EPS = 8 / 255


@pytest.fixture(scope="module")
def linear():
    """A linear model, its weight difference, and pictures far from 0 and 1 with their labels."""
    classifier, w = two_classes()
    x = pictures(16, side=4, low=0.4, high=0.6)
    return classifier, w, x, classifier.predict(x).argmax(1)


def towards_other(w, y):
    """The direction that lowers the margin of each picture, ``(N, 3, 4, 4)``."""
    return torch.where(y[:, None] == 1, -w, w).view(-1, 3, 4, 4)


@pytest.mark.parametrize("target", [None, "other"])
def test_fgsm_is_the_exact_optimum_on_a_linear_model(linear, target):
    classifier, w, x, y = linear
    result = attacks.run(
        "fgsm", classifier, x, y, eps=EPS, target=None if target is None else 1 - y
    )
    torch.testing.assert_close(result.adversarial, x + EPS * towards_other(w, y).sign())
    assert torch.equal(result.success, EPS * w.abs().sum() > margin(classifier, x))


@pytest.mark.parametrize("name", ["fgsm", "pgd_linf", "bim", "mifgsm"])
def test_smallest_linf_radius_is_margin_over_l1_norm(linear, name):
    classifier, w, x, y = linear
    for i in range(4):
        radius = float(margin(classifier, x)[i] / w.abs().sum())
        for factor, falls in [(0.98, False), (1.02, True)]:
            result = attacks.run(name, classifier, x[i : i + 1], y[i : i + 1], eps=factor * radius)
            assert result.success.item() is falls
            assert result.linf.item() <= factor * radius + 1e-6


def test_smallest_l2_radius_is_margin_over_l2_norm(linear):
    classifier, w, x, y = linear
    params = PGDParams(random_start=False)
    for i in range(4):
        radius = float(margin(classifier, x)[i] / w.norm())
        for factor, falls in [(0.98, False), (1.02, True)]:
            result = attacks.run(
                "pgd_l2", classifier, x[i : i + 1], y[i : i + 1], eps=factor * radius, params=params
            )
            assert result.success.item() is falls
            assert result.l2.item() <= factor * radius + 1e-6


def test_deepfool_finds_the_distance_to_the_boundary(linear):
    classifier, w, x, y = linear
    overshoot = 0.02
    result = attacks.run("deepfool", classifier, x, y, eps=math.inf)
    assert result.success.all()
    distance = margin(classifier, x) / w.norm()
    torch.testing.assert_close(result.l2, (1 + overshoot) * distance, rtol=1e-3, atol=1e-6)
    short = attacks.run("deepfool", classifier, x[:1], y[:1], eps=0.5 * float(distance[0]))
    assert not short.success.item()
    assert short.l2.item() <= 0.5 * float(distance[0]) + 1e-6


def test_early_exit_stops_each_picture_at_the_step_that_fools_it(linear):
    classifier, w, x, y = linear
    params = PGDParams(steps=50, alpha=0.001, random_start=False)
    result = attacks.run("pgd_linf", classifier, x, y, eps=0.05, params=params)
    needed = (margin(classifier, x) / (w.abs().sum() * params.alpha)).ceil() * params.alpha
    assert result.success.all()
    assert needed.unique().numel() > 3
    torch.testing.assert_close(result.linf, needed, rtol=0, atol=1e-5)
    to_the_end = PGDParams(steps=50, alpha=0.001, random_start=False, early_exit=False)
    result = attacks.run("pgd_linf", classifier, x, y, eps=0.05, params=to_the_end)
    torch.testing.assert_close(result.linf, torch.full((16,), 0.05), rtol=0, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(["fgsm", "pgd_linf", "pgd_l2"]),
    eps=st.floats(0, 1),
    seed=st.integers(0, 2**31),
    target=st.none() | st.integers(0, 4),
)
def test_every_result_is_in_the_ball_and_measured_right(name, eps, seed, target):
    classifier = TinyCNN().freeze()
    x = pictures(4, seed=seed % 1000)
    x[0] = x[0].round()  # black and white: the edge of [0, 1] matters
    y = classifier.predict(x).argmax(1)
    result = attacks.run(
        name,
        classifier,
        x,
        y,
        eps=eps,
        seed=seed,
        target=target,
        params=None if name == "fgsm" else PGDParams(steps=3),
    )
    delta = (result.adversarial - x).flatten(1)
    torch.testing.assert_close(result.linf, delta.abs().amax(1))
    torch.testing.assert_close(result.l2, delta.norm(dim=1))
    size = result.l2 if name == "pgd_l2" else result.linf
    assert (size <= eps + 1e-5).all()
    assert result.adversarial.min() >= 0
    assert result.adversarial.max() <= 1
    predicted = classifier.predict(result.adversarial).argmax(1)
    already = result.clean_logits.argmax(1) == target
    wanted = predicted != y if target is None else (predicted == target) & ~already
    assert torch.equal(result.success, wanted)
    if eps == 0:
        assert torch.equal(result.adversarial, x)


def test_eps_zero_is_the_identity_and_a_wrong_picture_a_success(linear):
    classifier, _, x, y = linear
    wrong = y.clone()
    wrong[:3] = 1 - wrong[:3]
    for name in ("fgsm", "pgd_linf", "pgd_l2", "deepfool"):
        result = attacks.run(name, classifier, x, wrong, eps=0)
        assert torch.equal(result.adversarial, x)
        assert result.success.tolist() == [True] * 3 + [False] * 13


def test_an_attack_never_undoes_a_mistake_of_the_model():
    # At a mean of 0.05 the model says 1; a step of 0.3 along the gradient would reach class 0.
    classifier = Wave(periods=5).freeze()
    x = torch.full((1, 3, 4, 4), 0.05)
    assert classifier.predict(x).argmax(1).item() == 1
    gradient = steps.input_gradient(classifier, x, torch.tensor([0]))
    overshot = (x + 0.3 * gradient.sign()).clamp(0, 1)
    assert classifier.predict(overshot).argmax(1).item() == 0
    result = attacks.run("fgsm", classifier, x, torch.tensor([0]), eps=0.3)
    assert result.success.item()
    assert torch.equal(result.adversarial, x)
    assert torch.equal(result.logits, classifier.predict(x))


def test_an_attack_that_breaks_its_promises_is_put_right(linear, monkeypatch):
    """The base class clips to the ball and to [0, 1] and keeps NaN out, whatever a step returns."""
    classifier, _, x, y = linear

    class Wild(Attack[FGSMParams]):
        name, title, norm = "wild", "Wild", "linf"
        paper = url = description = "none"
        params = FGSMParams

        def perturb(self, task):
            wild = task.x + 100 * torch.randn_like(task.x)
            wild[0, 0] = math.nan
            return wild

        def passes(self, params, *, n_classes):
            return 1

    entries = Registry("attack")
    entries.add("wild", Wild())
    monkeypatch.setattr("trustai.attacks.ATTACKS", entries)
    result = attacks.run("wild", classifier, x, y, eps=0.1)
    assert result.adversarial.isfinite().all()
    assert (result.linf <= 0.1 + 1e-6).all()
    assert (result.linf > 0.09).all()
    assert torch.equal(result.adversarial[0, 0], x[0, 0])


def test_results_state_their_circumstances(linear):
    classifier, _, x, y = linear
    seen = []
    result = attacks.run(
        "pgd_linf", classifier, x, y, eps=0.001, seed=5, target=1, on_progress=seen.append
    )
    stated = result.circumstances
    assert (stated.method, stated.seed, stated.model_id) == ("pgd_linf", 5, "Linear")
    assert stated.parameters["eps"] == 0.001
    assert stated.parameters["steps"] == 10
    assert stated.parameters["target"] == 1
    assert result.seconds > 0
    assert seen == sorted(seen)
    assert seen[-1] == 1
    assert len(seen) > 5


def test_targets_may_differ_per_picture(linear):
    classifier, _, x, y = linear
    target = torch.arange(16) % 2
    result = attacks.run("pgd_linf", classifier, x, y, eps=0.3, target=target)
    assert torch.equal(result.logits.argmax(1), target)
    assert torch.equal(result.success, classifier.predict(x).argmax(1) != target)
    assert result.success.any()


def bad(**changes):
    x = pictures(2, side=4)
    return {"x": x, "y": torch.tensor([0, 1]), "eps": 0.1, "name": "fgsm"} | changes


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (bad(eps=8), r"expected eps in \[0, 1\], got 8 \(did you mean 8/255\?\)"),
        (bad(eps=-0.1), r"expected eps in \[0, 1\], got -0.1$"),
        (bad(eps=math.nan), "expected eps in"),
        (bad(eps="0.1"), "expected eps to be a number"),
        (bad(eps=-1, name="pgd_l2"), "expected eps to be at least 0"),
        (bad(eps=math.inf, name="pgd_l2"), "finite"),
        (bad(eps=math.nan, name="cw"), "at least 0"),
        (bad(x=pictures(2, side=4) * 255), r"did you mean x / 255\?"),
        (bad(x=pictures(2, side=4) - 0.5), "not normalised"),
        (bad(x=pictures(2, side=4) * math.nan), "expected x in"),
        (bad(x=pictures(2, side=4).double()), "float32"),
        (bad(x=pictures(2, side=4)[:, :1]), "N, 3, H, W"),
        (bad(x=pictures(0, side=4), y=torch.zeros(0, dtype=torch.int64)), "at least one picture"),
        (bad(y=torch.tensor([0, 2])), r"expected y in 0\.\.1"),
        (bad(y=torch.tensor([0.0, 1.0])), "int64"),
        (bad(y=torch.tensor([0])), r"int64 \(2,\)"),
        (bad(target=2), r"expected target in 0\.\.1, got 2"),
        (bad(target=torch.tensor([0, 1, 0])), "expected target as int64"),
        (bad(target=1.5), "expected target to be an integer"),
        (bad(name="cw", target=0), "untargeted only"),
        (bad(name="fsgm"), r"did you mean 'fgsm'\?"),
        (bad(params=PGDParams()), "expected params of 'fgsm' to be a FGSMParams, got PGDParams"),
    ],
)
def test_wrong_inputs_are_refused_in_one_grammar(case, message):
    classifier, _ = two_classes()
    subject = case.pop("name"), classifier, case.pop("x"), case.pop("y")
    with pytest.raises(ValueError, match=message):
        attacks.run(*subject, **case)


def test_a_classifier_in_training_mode_is_refused():
    with pytest.raises(ValueError, match="eval mode"):
        attacks.run("fgsm", TinyCNN().train(), pictures(1), torch.tensor([0]), eps=0.1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PGDParams(steps=0),
        lambda: PGDParams(alpha=0),
        lambda: BIMParams(steps=0),
        lambda: MIFGSMParams(mu=-1),
        lambda: CWParams(c=0),
        lambda: DeepFoolParams(overshoot=-1),
        lambda: SquareParams(p_init=2),
        lambda: APGDParams(rho=1),
        lambda: AutoAttackParams(n_queries=0),
    ],
)
def test_parameters_outside_their_range_are_refused(make):
    with pytest.raises(ValueError, match=r"^expected .*, got "):
        make()


def test_autoattack_needs_four_classes(linear):
    classifier, _, x, y = linear
    with pytest.raises(ValueError, match="at least 4 classes"):
        attacks.run("autoattack", classifier, x, y, eps=0.001)
    assert ATTACKS.get("autoattack").passes(AutoAttackParams(steps=10, n_queries=7), n_classes=5)


def test_input_gradient_leaves_parameters_of_a_training_module_alone():
    module = TinyCNN().train()
    x, y = pictures(3), torch.tensor([0, 1, 2])
    gradient = steps.input_gradient(module.eval(), x, y)
    leaf = x.clone().requires_grad_()
    functional.cross_entropy(module(leaf), y, reduction="sum").backward()
    torch.testing.assert_close(gradient, leaf.grad)
    module.zero_grad()
    with torch.no_grad():
        negated = steps.input_gradient(module, x, y, targeted=True)
    torch.testing.assert_close(negated, -gradient)
    steps.input_gradient(module.train(), x, y)
    assert module.training
    assert not x.requires_grad
    assert all(p.requires_grad and p.grad is None for p in module.parameters())


def test_inner_attacks_of_training_raise_the_loss_inside_the_ball():
    module = TinyCNN().eval()
    x = pictures(32)
    y = module(x).argmax(1)
    clean = functional.cross_entropy(module(x), y)
    generator = torch.Generator().manual_seed(0)
    one = steps.fgsm_random_start(module, x, y, eps=EPS, alpha=1.25 * EPS, generator=generator)
    ten = steps.pgd_random_start(
        module, x, y, eps=EPS, alpha=EPS / 4, steps=10, generator=generator
    )
    for x_adv in (one, ten):
        assert (x_adv - x).abs().max() <= EPS + 1e-6
        assert x_adv.min() >= 0
        assert x_adv.max() <= 1
        assert not x_adv.requires_grad
    losses = [functional.cross_entropy(module(x_adv), y) for x_adv in (one, ten)]
    assert clean < losses[0] < losses[1]


def test_random_starts_fill_the_ball_and_follow_the_seed():
    x = torch.full((200, 3, 4, 4), 0.5)

    def draw(start, seed):
        return start(x, 0.1, torch.Generator().manual_seed(seed)) - x

    for start in (steps.random_start_linf, steps.random_start_l2):
        assert torch.equal(draw(start, 1), draw(start, 1))
        assert not torch.equal(draw(start, 1), draw(start, 2))
    inf = draw(steps.random_start_linf, 0)
    assert 0.099 < inf.max() <= 0.1 + 1e-6
    assert abs(inf.mean()) < 0.003
    # Uniform in a ball of 48 dimensions: P(radius < r) = (r / eps)^48, so the mean is 48/49 eps.
    l2 = draw(steps.random_start_l2, 0).flatten(1).norm(dim=1)
    assert l2.max() <= 0.1 + 1e-6
    assert abs(l2.mean() - 0.1 * 48 / 49) < 0.002


def test_projections_move_no_more_than_needed():
    x = pictures(5, side=4)
    outside = x + torch.randn(x.shape, generator=torch.Generator().manual_seed(3))
    near = steps.project_linf(outside, x, 0.1)
    expected = torch.minimum(torch.maximum(outside, (x - 0.1).clamp(0)), (x + 0.1).clamp(max=1))
    torch.testing.assert_close(near, expected)
    assert torch.equal(steps.project_linf(near, x, 0.1), near)
    middle = torch.full_like(x, 0.5)
    l2 = steps.project_l2(middle + 0.1 * (outside - x), middle, 0.2) - middle
    torch.testing.assert_close(l2.flatten(1).norm(dim=1), torch.full((5,), 0.2))
    cosine = functional.cosine_similarity(l2.flatten(1), (outside - x).flatten(1))
    torch.testing.assert_close(cosine, torch.ones(5))
    inside = middle + 0.001
    torch.testing.assert_close(steps.project_l2(inside, middle, 0.2), inside)


def test_random_signs_are_as_large_as_fgsm_and_blind():
    """The control: every pixel moves by exactly eps, up or down about equally often."""
    weight = torch.randn((3, 3 * 16 * 16), generator=torch.Generator().manual_seed(0))
    classifier = Linear(weight=weight, bias=-0.5 * weight.sum(1)).freeze()
    x = pictures(6, side=16, low=0.3, high=0.7)
    y = classifier.predict(x).argmax(1)
    noise = attacks.run("random_signs", classifier, x, y, eps=0.05, seed=1)
    delta = noise.adversarial - x
    assert torch.allclose(delta.abs(), torch.full_like(delta, 0.05), atol=1e-6)
    assert 0.45 < (delta > 0).float().mean() < 0.55
    other = attacks.run("random_signs", classifier, x, y, eps=0.05, seed=2)
    assert not torch.equal(noise.adversarial, other.adversarial)
    fgsm = attacks.run("fgsm", classifier, x, y, eps=0.05)
    assert fgsm.success.sum() > noise.success.sum()
