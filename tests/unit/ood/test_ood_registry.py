"""One test per promise, over every score there is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch
from torch import nn

from tests.toys.images import Linear, TinyCNN, pictures
from tests.unit.ood.test_ood_by_hand import W, by_hand
from trustai import ood
from trustai.ood.base import Score
from trustai.ood.methods.odin import ODINParams
from trustai.zoo import FeatureStatistics

NAMES = ood.names()
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def fitted_to(classifier, x, *, per_class=20):
    with torch.no_grad():
        features = classifier.features(x)
    labels = torch.arange(len(x)) % classifier.predict(x[:1]).shape[1]
    return FeatureStatistics.of(features, labels, torch.arange(len(x)), per_class=per_class)


@pytest.fixture(scope="module")
def subject():
    """More pictures than one batch holds."""
    classifier = TinyCNN().freeze()
    return classifier, pictures(70), fitted_to(classifier, pictures(200, seed=1))


def state_of(classifier):
    modules = [
        (name, module.training, [len(getattr(module, hooks)) for hooks in HOOKS])
        for name, module in classifier.named_modules()
    ]
    parameters = [
        (name, p.requires_grad, p.grad is None, p.data_ptr(), p.sum().item())
        for name, p in (*classifier.named_parameters(), *classifier.named_buffers())
    ]
    return modules, parameters


def test_the_menu_keeps_its_order():
    menu = [
        "msp",
        "max-logit",
        "energy",
        "entropy",
        "odin",
        "mahalanobis",
        "knn",
        "vim",
        "react",
        "feature-norm",
    ]
    assert [name for name in NAMES if name in menu] == menu


@pytest.mark.parametrize("name", NAMES)
def test_describes_itself(name):
    entry = ood.get(name)
    assert isinstance(entry, Score)
    assert entry.name == name
    assert entry.title
    assert entry.axis
    assert entry.paper
    assert entry.url.startswith("https://")
    assert entry.description.endswith(".")
    assert entry.formula
    assert entry.cost in ("fast", "moderate", "slow")
    assert entry.description[0].isupper()
    assert entry.params() == entry.params()


@pytest.mark.parametrize("name", NAMES)
def test_one_number_per_picture_always_the_same(name, subject):
    classifier, x, fitted = subject
    before = state_of(classifier), torch.random.get_rng_state().tolist()
    scores = ood.score(name, classifier, x, fitted=fitted)
    assert scores.shape == (70,)
    assert scores.dtype == torch.float32
    assert scores.isfinite().all()
    assert not scores.requires_grad
    assert len(scores.unique()) > 60
    assert torch.equal(ood.score(name, classifier, x, fitted=fitted), scores)
    assert (state_of(classifier), torch.random.get_rng_state().tolist()) == before
    # Alone, in another batch, or beside the other scores.
    alone = ood.score(name, classifier, x[66:67], fitted=fitted)
    torch.testing.assert_close(alone[0], scores[66], rtol=1e-3, atol=1e-4)
    together = ood.scores(NAMES, classifier, x, fitted=fitted)
    assert list(together) == NAMES
    assert torch.equal(together[name], scores)


@pytest.mark.parametrize("name", NAMES)
def test_eight_threads_say_what_one_says(name, subject):
    classifier, x, fitted = subject
    alone = ood.score(name, classifier, x[:8], fitted=fitted)
    barrier = Barrier(8)

    def one(_):
        barrier.wait()
        return ood.score(name, classifier, x[:8], fitted=fitted)

    with ThreadPoolExecutor(8) as pool:
        assert all(torch.equal(found, alone) for found in pool.map(one, range(8)))


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_is_that_of_the_score(name):
    """Along its own gradient, in float64 by differences; ODIN's sign counts as a constant."""
    classifier = TinyCNN().freeze().double()
    x = pictures(2).double().requires_grad_()
    fitted = fitted_to(classifier, pictures(100, seed=1).double())
    params = ODINParams(eps=1e-9) if name == "odin" else None

    def total(at):
        with torch.set_grad_enabled(at.requires_grad):
            features = classifier.features(at)
            one = ood.base.prepared_score(name, classifier, fitted, params)
            given = ood.base.ScoreInput(
                classifier, at, features, classifier.head(features), one.prepared, one.params
            )
            return one.entry.of(given).double().sum()

    (gradient,) = torch.autograd.grad(total(x), x)
    assert gradient.abs().amax((1, 2, 3)).min() > 0
    direction = gradient / gradient.norm()
    step = 1e-5
    ahead, behind = total(x.detach() + step * direction), total(x.detach() - step * direction)
    assert ((ahead - behind) / (2 * step)).item() == pytest.approx(gradient.norm().item(), rel=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_flow_through_the_public_call(name, subject):
    classifier, x, fitted = subject
    leaf = x[:3].clone().requires_grad_()
    scores = ood.score(name, classifier, leaf, fitted=fitted)
    (gradient,) = torch.autograd.grad(scores.sum(), leaf)
    assert gradient.isfinite().all()
    assert (gradient.flatten(1).norm(dim=1) > 0).all()
    assert torch.equal(scores.detach(), ood.score(name, classifier, x[:3], fitted=fitted))
    with torch.no_grad():
        assert not ood.score(name, classifier, leaf, fitted=fitted).requires_grad


@pytest.mark.parametrize("name", NAMES)
def test_nonsense_is_refused(name, subject):
    classifier, x, fitted = subject
    with pytest.raises(ValueError, match=r"expected x in \[0, 1\]"):
        ood.score(name, classifier, 255 * x, fitted=fitted)
    with pytest.raises(ValueError, match="eval mode"):
        ood.score(name, TinyCNN(), x, fitted=fitted)
    with pytest.raises(ValueError, match="expected params of"):
        ood.score(name, classifier, x, fitted=fitted, params="none")
    if ood.get(name).needs_fitted:
        with pytest.raises(
            ValueError, match=r"trustai\.train\.measure TinyCNN --stages feature-statistics"
        ):
            ood.score(name, classifier, x)
        with pytest.raises(ValueError, match="expected statistics of 48 features, got 3"):
            ood.score(name, classifier, x, fitted=by_hand())


def test_an_unknown_score_is_one_sentence(subject):
    with pytest.raises(ValueError, match="did you mean 'energy'"):
        ood.score("enerqy", *subject[:2])


def test_every_score_finds_the_obvious(subject):
    """A network whose classes are red and green things: blue and black ones are strange."""
    generator = torch.Generator().manual_seed(0)
    noise = 0.1 * torch.rand((200, 3), generator=generator)
    train = noise + 0.8 * torch.eye(3)[torch.arange(200) % 2]
    network = Linear(weight=10 * W, bias=torch.zeros(2)).freeze()
    fitted = FeatureStatistics.of(train, torch.arange(200) % 2, torch.arange(200), per_class=50)
    unknown = torch.rand((50, 3), generator=generator) * 0.1 + torch.tensor([0, 0, 0.3])
    scores = [
        ood.scores(NAMES, network, x[:, :, None, None], fitted=fitted) for x in (train, unknown)
    ]
    for name in NAMES:
        assert ood.auroc(scores[0][name], scores[1][name]) > 0.99, name


def test_a_score_of_a_hooked_network_leaves_the_hook_alone():
    classifier = TinyCNN().freeze()
    calls = []
    classifier.body.register_forward_hook(lambda *_: calls.append(1))
    ood.score("odin", classifier, pictures(2))
    assert not calls
    assert isinstance(classifier.body, nn.Sequential)
