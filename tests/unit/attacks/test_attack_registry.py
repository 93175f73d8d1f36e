"""One test per promise, over every attack there is."""

from __future__ import annotations

import random
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch

from tests.toys.images import Linear, TinyCNN, pictures
from trustai import attacks
from trustai.attacks.methods.square import SquareParams
from trustai.attacks.torchattacks_wrapper import WrappedAttack

NAMES = attacks.names()
CONTROL = "random_signs"
OURS = ("fgsm", "pgd_linf", "pgd_l2", CONTROL)
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
SHORT = {"steps": 4, "n_queries": 15}


def short(name):
    """The parameters of an attack, with as few steps as it allows."""
    params = attacks.get(name).params
    return params(**{k: v for k, v in SHORT.items() if k in params.__dataclass_fields__})


def radius(name):
    return 0.05 if attacks.get(name).norm == "linf" else 1.0


@pytest.fixture(scope="module")
def subject():
    classifier = TinyCNN().freeze()
    x = pictures(3)
    return classifier, x, classifier.predict(x).argmax(1)


def attack(name, subject, **changes):
    arguments = {"eps": radius(name), "params": short(name)} | changes
    return attacks.run(name, *subject, **arguments)


def same(first, second):
    return all(
        torch.equal(getattr(first, field), getattr(second, field))
        for field in ("adversarial", "success", "logits", "clean_logits", "linf", "l2")
    )


def state_of(classifier):
    """Everything on a module that a careless library might leave behind."""
    modules = [
        (name, module.training, [len(getattr(module, hooks)) for hooks in HOOKS])
        for name, module in classifier.named_modules()
    ]
    parameters = [
        (name, p.requires_grad, p.grad is None, p.stride(), p.dtype, p.data_ptr(), p.sum().item())
        for name, p in (*classifier.named_parameters(), *classifier.named_buffers())
    ]
    return modules, parameters


def generators():
    numpy_state = np.random.get_state()
    return (
        torch.random.get_rng_state().tolist(),
        random.getstate(),
        (numpy_state[0], numpy_state[1].tolist(), *numpy_state[2:]),
    )


MENU = [*OURS, "bim", "mifgsm", "cw", "deepfool", "square", "apgd", "autoattack"]


def test_the_menu_keeps_its_order():
    assert [name for name in NAMES if name in MENU] == MENU


@pytest.mark.parametrize("name", NAMES)
def test_describes_itself(name):
    entry = attacks.get(name)
    assert entry.name == name
    assert entry.norm in ("linf", "l2", "min-norm")
    assert entry.title
    assert entry.paper
    assert entry.url.startswith("https://")
    assert entry.description.endswith(".")
    assert entry.description[0].isupper()
    assert entry.formula
    assert entry.cost in ("fast", "moderate", "slow")
    assert entry.passes(entry.params(), n_classes=10) >= (name != CONTROL)


@pytest.mark.parametrize("name", NAMES)
def test_shapes_dtypes_and_the_ball(name, subject):
    classifier, x, _ = subject
    result = attack(name, subject)
    assert result.adversarial.shape == x.shape
    assert result.adversarial.dtype == torch.float32
    assert result.success.shape == (3,)
    assert result.success.dtype == torch.bool
    assert result.logits.shape == result.clean_logits.shape == (3, 5)
    assert torch.equal(result.logits, classifier.predict(result.adversarial))
    assert torch.equal(result.clean_logits, classifier.predict(x))
    assert result.adversarial.min() >= 0
    assert result.adversarial.max() <= 1
    size = result.linf if attacks.get(name).norm == "linf" else result.l2
    assert (size <= radius(name) + 1e-5).all()


@pytest.mark.parametrize("name", [name for name in NAMES if name != CONTROL])
def test_fools_a_model_that_is_easily_fooled(name):
    """Every margin is a tenth of what the ball allows, so an attack that does nothing fails."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn((5, 48), generator=generator)
    x = pictures(4, side=4, low=0.3, high=0.7)
    classifier = Linear(weight=weight, bias=-0.5 * weight.sum(1)).freeze()
    logits = classifier.predict(x)
    first, second = logits.topk(2).indices.T
    norm = 1 if attacks.get(name).norm == "linf" else 2
    reach = (weight[second] - weight[first]).norm(p=norm, dim=1)
    margins = logits.max(1).values - logits.gather(1, second[:, None])[:, 0]
    eps = 10 * float((margins / reach).max())
    assert eps < 0.3 if norm == 1 else eps < 3
    params = attacks.get(name).params
    roomy = params(n_queries=100) if name == "square" else params()
    result = attacks.run(name, classifier, x, first, eps=eps, params=roomy)
    assert result.success.all()
    assert (result.linf > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_that_is_called_the_target_already_is_no_success(name, subject):
    classifier, x, _ = subject
    if not attacks.get(name).targetable:
        pytest.skip("untargeted only")
    said = classifier.predict(x).argmax(1)
    result = attack(name, subject, target=said)
    assert not result.success.any()
    if not attacks.get(name).moves_fooled:
        assert torch.equal(result.adversarial, x)


@pytest.mark.parametrize("name", NAMES)
def test_reaches_a_target_or_says_that_it_cannot(name, subject):
    classifier, x, _y = subject
    entry = attacks.get(name)
    target = classifier.predict(x).topk(2).indices[:, 1]
    if not entry.targetable:
        with pytest.raises(ValueError, match="untargeted only"):
            attack(name, subject, target=target)
        return
    far = 0.5 if entry.norm == "linf" else 8.0
    params = None if name == "fgsm" else short(name)
    if name == "square":
        params = SquareParams(n_queries=300)
    result = attack(name, subject, target=target, eps=far, params=params)
    assert torch.equal(result.success, result.logits.argmax(1) == target)
    assert result.success.sum() >= (1 if name == "fgsm" else 2)


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_bytes(name, subject):
    assert same(attack(name, subject, seed=3), attack(name, subject, seed=3))


@pytest.mark.parametrize("name", ["pgd_linf", "pgd_l2", "square", "apgd"])
def test_another_seed_other_bytes(name, subject):
    assert not same(attack(name, subject, seed=3), attack(name, subject, seed=4))


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_leaves_nothing_behind(name, frozen, capsys):
    classifier = TinyCNN().eval().requires_grad_(not frozen)
    classifier.body[1].train()  # one layer in another mode than the rest must stay so
    x = pictures(3)
    y = classifier.predict(x).argmax(1)
    before, dice = state_of(classifier), generators()
    target = (y + 1) % 5 if attacks.get(name).targetable else None
    attack(name, (classifier, x, y), target=target)
    assert state_of(classifier) == before
    assert generators() == dice
    assert capsys.readouterr().out == ""


class Stop(Exception):
    pass


@pytest.mark.parametrize("name", NAMES)
def test_leaves_nothing_behind_an_exception(name, subject):
    calls = []

    def stop(share):
        calls.append(share)
        raise Stop

    before, dice = state_of(subject[0]), generators()
    with pytest.raises(Stop):
        attack(name, subject, on_progress=stop)
    assert len(calls) == 1
    assert state_of(subject[0]) == before
    assert generators() == dice
    attack(name, subject)  # no lock is held any more


@pytest.mark.parametrize("name", NAMES)
def test_eight_threads_get_the_bytes_of_one(name, subject):
    classifier, x, _ = subject
    alone = attack(name, subject, seed=1)
    start = Barrier(8)

    def work(i):
        start.wait()
        return attack(name, subject, seed=1), classifier.predict(x)

    with ThreadPoolExecutor(8) as pool:
        for together, predicted in pool.map(work, range(8)):
            assert same(together, alone)
            assert torch.equal(predicted, alone.clean_logits)


@pytest.mark.parametrize("name", NAMES)
def test_without_torchattacks_the_menu_stays_and_the_error_is_clear(name, subject, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchattacks", None)
    assert attacks.names() == NAMES
    if not isinstance(attacks.get(name), WrappedAttack):
        attack(name, subject)
        return
    assert name not in OURS
    with pytest.raises(ValueError, match=f"torchattacks for '{name}'.*pip install"):
        attack(name, subject)
