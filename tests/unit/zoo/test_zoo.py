"""Checkpoints are verified, classifiers isolated, the architecture the well-known one."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import os
import pickle
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from tests.toys.files import contents
from trustai import zoo
from trustai.attacks.steps import input_gradient
from trustai.zoo import Card, Metric
from trustai.zoo.classifier import Classifier

Make = Callable[..., Any]


# -- cards -----------------------------------------------------------------------------------


def test_a_card_survives_its_json(make_card: Make) -> None:
    card = make_card(
        metrics={"clean_accuracy": Metric(0.5, {"n": 2})},
        history={"val_accuracy": [0.1, None]},
        confusion=[[1, 0], [0, 1]],
        summary="چند کلمه",
    )
    assert Card.from_json(card.to_json()) == card
    assert "چند" in card.to_json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "expected a card of schema 1, got 2"),
        ({"surprise": 1}, r"got these wrong: \['surprise'\]"),
        ({"title": ...}, r"got these wrong: \['title'\]"),
        ({"metrics": {"a": {"value": 1}}}, "metrics of value and how"),
        ({"metrics": {"a": {"value": 1, "how": {}, "why": 2}}}, "metrics of value and how"),
        ({"metrics": [1]}, "metrics of value and how"),
        ({"classes": 3}, "expected a list of classes"),
    ],
)
def test_a_card_with_wrong_fields_is_refused(
    make_card: Make, change: dict[str, Any], message: str
) -> None:
    raw = json.loads(make_card().to_json()) | change
    text = json.dumps({name: value for name, value in raw.items() if value is not ...})
    with pytest.raises(ValueError, match=message):
        Card.from_json(text)


@pytest.mark.parametrize("text", ["", "{", "[]", '"card"', "null"])
def test_what_is_no_card_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a card"):
        Card.from_json(text)


# -- save and load ---------------------------------------------------------------------------


def test_round_trip(models: Path, make_card: Make, make_network: Make) -> None:
    network = make_network(mean=[0.4, 0.5, 0.6], std=[0.2, 0.25, 0.3])
    saved = zoo.save(network, make_card())
    data = (models / "tiny/weights.safetensors").read_bytes()
    assert saved.weights_sha256 == hashlib.sha256(data).hexdigest()

    loaded = zoo.load("tiny")
    assert loaded.card == saved
    before, after = network.state_dict(), loaded.state_dict()
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert after[name].dtype == value.dtype
        if value.ndim > 1:
            torch.testing.assert_close(after[name], value, rtol=1e-3, atol=1e-6)
            assert not torch.equal(after[name], value), "float16 was expected on disk"
        else:
            assert torch.equal(after[name], value), name
    x = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(loaded(x), network(x), rtol=0.02, atol=0.02)
    assert loaded.mean.flatten().tolist() == pytest.approx([0.4, 0.5, 0.6])


def test_loaded_networks_are_frozen(models: Path, make_card: Make, make_network: Make) -> None:
    zoo.save(make_network(), make_card())
    loaded = zoo.load("tiny")
    assert not any(module.training for module in loaded.modules())
    assert not any(p.requires_grad for p in loaded.parameters())


def test_saving_leaves_the_network_as_it_is(
    models: Path, make_card: Make, make_network: Make
) -> None:
    network = make_network()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    zoo.save(network, make_card())
    assert all(torch.equal(before[name], v) for name, v in network.state_dict().items())
    assert network.card is None


def test_catalog_is_in_order_of_id(models: Path, make_card: Make, make_network: Make) -> None:
    for model_id in ("b-2", "a", "b-10"):
        zoo.save(make_network(), make_card(model_id))
    assert [card.id for card in zoo.catalog()] == ["a", "b-10", "b-2"]


def test_a_second_catalog_opens_no_file(
    models: Path, make_card: Make, make_network: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for model_id in ("a", "b"):
        zoo.save(make_network(), make_card(model_id))
    first = zoo.catalog()
    opened: list[str] = []
    read = Path.open

    def counted(self: Path, *args: Any, **kwargs: Any) -> Any:
        opened.append(self.parent.name)
        return read(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", counted)
    second = zoo.catalog()
    assert opened == []
    assert second == first
    assert second is not first
    # One card changes within the same tick of the clock and keeps its size: it alone is read anew.
    zoo.save_card(dataclasses.replace(first[1], title="Knit"))
    assert [card.title for card in zoo.catalog()] == ["Tiny", "Knit"]
    assert opened == ["b"]


def test_a_card_that_is_shared_cannot_be_changed(
    models: Path, make_card: Make, make_network: Make
) -> None:
    zoo.save(make_network(), make_card(metrics={"clean_accuracy": Metric(0.5, {"n": 2})}))
    (card,) = zoo.catalog()
    for change in (
        lambda: card.metrics.clear(),  # type: ignore[attr-defined]
        lambda: card.metrics["clean_accuracy"].how.update(n=3),  # type: ignore[attr-defined]
        lambda: card.arguments.pop("width"),  # type: ignore[attr-defined]
    ):
        with pytest.raises(TypeError, match="copy it first"):
            change()
    for copied in (copy.deepcopy(card), pickle.loads(pickle.dumps(card))):  # noqa: S301  ours
        assert copied == card
    assert Card.from_json(card.to_json()) == card
    assert dataclasses.replace(card, metrics=card.metrics | {"x": Metric(1, {})}) != card


def test_an_absent_folder_is_an_empty_catalog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTAI_MODELS", str(tmp_path / "absent"))
    assert zoo.catalog() == []
    with pytest.raises(ValueError, match=r"among \(none present\), got 'tiny'"):
        zoo.load("tiny")


def test_without_the_variable_models_lie_beside_the_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TRUSTAI_MODELS", raising=False)
    assert zoo.models_dir() == Path(zoo.__file__).parents[2] / "models"


def test_unknown_model_gets_a_hint(models: Path, make_card: Make, make_network: Make) -> None:
    zoo.save(make_network(), make_card("signs-resnet18"))
    with pytest.raises(ValueError, match=r"got 'signs-resnet' \(did you mean 'signs-resnet18'\?\)"):
        zoo.load("signs-resnet")


@pytest.mark.parametrize(
    "model_id",
    ["../x", "/etc/passwd", "Tiny", "a b", "a/b", "", ".", "a--b", "tiny\n", "tiny.json"],
)
def test_no_id_leaves_the_folder(
    models: Path, make_card: Make, make_network: Make, model_id: str
) -> None:
    # A card that would be found if the id were taken as a path.
    outside = models.parent / "x.json"
    outside.write_text(make_card("x").to_json())
    before = {path: path.stat().st_mtime_ns for path in models.parent.iterdir()}
    for refused in (
        lambda: zoo.load(model_id),
        lambda: zoo.read_card(model_id),
        lambda: zoo.save(make_network(), make_card(model_id)),
        lambda: zoo.save_measurements(model_id, pd.DataFrame({"a": [1]})),
        lambda: zoo.measurements(model_id),
    ):
        with pytest.raises(ValueError, match="expected a model id"):
            refused()
    assert {path: path.stat().st_mtime_ns for path in models.parent.iterdir()} == before
    assert list(models.iterdir()) == []


def test_a_card_cannot_point_at_another_file(
    models: Path, make_card: Make, make_network: Make
) -> None:
    zoo.save(make_network(), make_card("good"))
    (models / "tiny").mkdir()
    (models / "tiny/card.json").write_text((models / "good/card.json").read_text())
    with pytest.raises(
        ValueError, match=r"the card in tiny/card\.json to be of its name, got 'good'"
    ):
        zoo.load("tiny")


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def change_tensors(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    """Changes the weights and lets the card vouch for them, so that only the fit is wrong."""

    def damage(path: Path) -> None:
        tensors = load_file(path)
        change(tensors)
        save_file(tensors, path)
        vouch(path)

    return damage


def vouch(path: Path) -> None:
    card = path.with_name("card.json")
    raw = json.loads(card.read_text())
    raw["weights_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    card.write_text(json.dumps(raw))


def change_card(**changes: Any) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        card = path.with_name("card.json")
        card.write_text(json.dumps(json.loads(card.read_text()) | changes))

    return damage


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (flip_a_bit, "the file is damaged or belongs to another card"),
        (lambda path: path.write_bytes(path.read_bytes()[:1000]), "the file is damaged"),
        (Path.unlink, r"the weights tiny/weights\.safetensors beside their card, got no such file"),
        (change_tensors(lambda t: t.pop("linear.bias")), "Missing key.*linear.bias"),
        (change_tensors(lambda t: t.update(more=torch.ones(1))), "Unexpected key.*more"),
        (change_tensors(lambda t: t.update({"linear.bias": torch.ones(3)})), "size mismatch"),
        (change_card(schema=7), r"tiny/card\.json: expected a card of schema 1, got 7"),
        (change_card(surprise=1), r"tiny/card\.json: expected the fields of a card.*surprise"),
        (change_card(architecture="resnet"), "expected architecture to be one of"),
        (change_card(arguments={"n_classes": 10, "depth": 3}), "depth"),
        (change_card(arguments={"n_classes": 10, "width": 4}), "size mismatch"),
    ],
)
def test_a_damaged_pair_is_one_clear_sentence(
    models: Path,
    make_card: Make,
    make_network: Make,
    damage: Callable[[Path], object],
    message: str,
) -> None:
    zoo.save(make_network(), make_card())
    damage(models / "tiny/weights.safetensors")
    with pytest.raises(ValueError, match=message) as caught:
        zoo.load("tiny")
    assert "\n" not in str(caught.value)


def test_a_damaged_card_does_not_take_the_others_with_it(
    models: Path, make_card: Make, make_network: Make
) -> None:
    zoo.save(make_network(), make_card())
    (models / "bad").mkdir()
    (models / "bad/card.json").write_text("{")
    assert zoo.load("tiny").card.id == "tiny"
    with pytest.raises(ValueError, match=r"bad/card\.json: expected a card in JSON"):
        zoo.catalog()


class Bomb:
    """Unpickling it makes a directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_is_never_opened(models: Path, make_card: Make, make_network: Make) -> None:
    zoo.save(make_network(), make_card())
    weights = models / "tiny/weights.safetensors"
    target = models / "exploded"
    with weights.open("wb") as file:
        torch.save(Bomb(target), file)
    for data in (weights.read_bytes(), pickle.dumps(Bomb(target))):
        weights.write_bytes(data)
        vouch(weights)
        with pytest.raises(ValueError, match="in safetensors format"):
            zoo.load("tiny")
        assert not target.exists()


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e6])
def test_weights_that_float16_cannot_hold_are_refused(
    models: Path, make_card: Make, make_network: Make, bad: float
) -> None:
    network = make_network()
    network.linear.weight[0, 0] = bad
    with pytest.raises(ValueError, match=r"expected finite weights.*'linear\.weight'"):
        zoo.save(network, make_card())
    assert list(models.iterdir()) == []


@pytest.mark.parametrize("broken_call", [1, 2])
def test_an_interrupted_save_never_leaves_a_false_pair(
    models: Path,
    make_card: Make,
    make_network: Make,
    monkeypatch: pytest.MonkeyPatch,
    broken_call: int,
) -> None:
    zoo.save(make_network(), make_card())
    before = contents(models)
    calls: list[object] = []
    replace = os.replace

    def fails(source: object, target: object) -> None:
        calls.append(target)
        if len(calls) == broken_call:
            raise KeyboardInterrupt
        replace(source, target)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", fails)
        with pytest.raises(KeyboardInterrupt):
            zoo.save(make_network(seed=1), make_card(title="New"))
    after = contents(models)
    assert after.keys() == before.keys(), "a temporary file stayed"
    assert after["tiny/card.json"] == before["tiny/card.json"]
    if broken_call == 1:
        assert after == before
        assert zoo.load("tiny").card.title == "Tiny"
    else:
        with pytest.raises(ValueError, match="belongs to another card"):
            zoo.load("tiny")


def test_measurements_round_trip(models: Path) -> None:
    assert zoo.measurements("tiny") is None
    table = pd.DataFrame({"index": [3, 1], "fgsm_eps": [0.5, float("inf")]})
    zoo.save_measurements("tiny", table)
    pd.testing.assert_frame_equal(zoo.measurements("tiny"), table)


# -- replicas --------------------------------------------------------------------------------


def pointers(classifier: Classifier) -> dict[str, int]:
    return {name: p.data_ptr() for name, p in classifier.named_parameters()}


def test_a_replica_shares_the_weights(make_network: Make) -> None:
    network = make_network()
    replica = network.replica().replica()
    assert pointers(replica) == pointers(network)
    assert type(replica) is type(network)
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert torch.equal(replica(x), network(x))


def test_a_replica_shares_its_card(make_card: Make, make_network: Make) -> None:
    network = make_network()
    network.card = make_card()
    assert network.replica().card is network.card


def test_hooks_stay_on_their_own_side(make_network: Make) -> None:
    network, seen = make_network(), []
    x = torch.zeros(1, 3, 32, 32)
    replica = network.replica()
    replica.layer1.register_forward_hook(lambda *_: seen.append("replica"))
    network.layer1.register_forward_pre_hook(lambda *_: seen.append("original"))
    network(x)
    assert seen == ["original"]
    replica(x)
    assert seen == ["original", "replica"]


def test_a_replica_of_a_hooked_network_has_no_hook(make_network: Make) -> None:
    network = make_network()

    def refuse(*_: object) -> None:
        raise AssertionError("a hook of the original ran in its replica")

    network.stem.register_forward_hook(refuse, with_kwargs=True, always_call=True)
    network.layer1.register_forward_pre_hook(refuse)
    network.layer2.register_full_backward_hook(refuse)
    x = torch.rand(1, 3, 32, 32)
    assert input_gradient(network.replica(), x, torch.tensor([0])).isfinite().all()
    assert len(network.stem._forward_hooks) == 1


def test_modes_flags_and_gradients_stay_on_their_own_side(make_network: Make) -> None:
    network = make_network()
    replica = network.replica()
    replica.requires_grad_(True).train()
    replica(torch.rand(4, 3, 32, 32)).sum().backward()
    assert all(p.grad is not None for p in replica.parameters())
    assert not any(p.requires_grad for p in network.parameters())
    assert all(p.grad is None for p in network.parameters())
    assert not any(module.training for module in network.modules())
    network.layer1.train()
    assert not network.replica().layer2.training
    assert replica.layer2.training


def test_a_replica_in_training_mode_leaves_the_statistics(make_network: Make) -> None:
    network = make_network()
    before = {name: b.clone() for name, b in network.named_buffers()}
    network.replica().train()(torch.rand(4, 3, 32, 32))
    assert all(torch.equal(before[name], b) for name, b in network.named_buffers())


def test_a_replica_takes_milliseconds() -> None:
    network = zoo.build("resnet18-cifar", n_classes=10).freeze()
    spent = []
    for _ in range(5):
        started = time.thread_time()
        network.replica()
        spent.append(time.thread_time() - started)
    assert min(spent) < 0.05


def test_folded_is_the_same_function(make_network: Make) -> None:
    network = make_network(width=4)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    folded = network.folded()
    x = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(folded(x), network(x), rtol=1e-4, atol=1e-4)
    assert network(x).std() > 0.01
    assert not any(isinstance(m, nn.BatchNorm2d) for m in folded.modules())
    convolutions = [m for m in folded.modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == 20
    for convolution in convolutions:
        assert convolution.weight.is_contiguous(memory_format=torch.channels_last)
    assert sum(isinstance(m, nn.BatchNorm2d) for m in network.modules()) == 20
    assert all(torch.equal(before[name], v) for name, v in network.state_dict().items())
    assert all(p.is_contiguous() for p in network.parameters())


def test_folding_leaves_a_network_in_training_alone(make_network: Make) -> None:
    network = make_network().requires_grad_(True)
    network.folded()
    assert all(p.requires_grad for p in network.parameters())
    with pytest.raises(ValueError, match="expected a classifier in eval mode"):
        network.train().folded()


def test_eight_threads_get_the_bytes_of_one(make_network: Make) -> None:
    network = make_network(width=4)
    x = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    y = torch.arange(4)

    def work(k: int) -> tuple[torch.Tensor, torch.Tensor]:
        replica = network.replica()
        if k % 2:  # half of them hook and switch what is theirs
            replica.layer3.register_forward_hook(lambda *a: a[2] * 0)
            replica.requires_grad_(True)(x).sum().backward()
            replica = network.replica()
        return network.predict(x), input_gradient(replica, x, y)

    logits, gradient = work(0)
    assert gradient.abs().max() > 0
    with ThreadPoolExecutor(8) as pool:
        for other_logits, other_gradient in pool.map(work, range(16)):
            assert torch.equal(other_logits, logits)
            assert torch.equal(other_gradient, gradient)


# -- architecture ----------------------------------------------------------------------------


def test_full_width_is_the_well_known_network() -> None:
    network = zoo.build("resnet18-cifar", n_classes=10, width=64)
    assert sum(p.numel() for p in network.parameters()) == 11_173_962


@pytest.mark.parametrize("side", [32, 64])
def test_shapes(make_network: Make, side: int) -> None:
    network = make_network(width=2)
    x = torch.rand(3, 3, side, side)
    assert network.features(x).shape == (3, 16)
    assert network(x).shape == (3, 10)
    torch.testing.assert_close(network.head(network.features(x)), network(x))


def test_a_strided_stem_halves_every_map() -> None:
    x = torch.rand(1, 3, 64, 64)
    for stride in (1, 2):
        network = zoo.build("resnet18-cifar", n_classes=2, width=2, stem_stride=stride).freeze()
        assert network.stem(network.normalise(x)).shape[2:] == (64 // stride, 64 // stride)
        assert network(x).shape == (1, 2)


def test_stages_are_modules_in_the_order_of_the_pass(make_network: Make) -> None:
    network, seen = make_network(), []
    for stage in network.stages:
        module = network.get_submodule(stage.name)
        module.register_forward_hook(
            lambda _m, _x, out, name=stage.name: seen.append((name, tuple(out.shape[1:])))
        )
        assert stage.label
    network(torch.zeros(1, 3, 32, 32))
    assert seen == [
        ("stem", (2, 32, 32)),
        ("layer1", (2, 32, 32)),
        ("layer2", (4, 16, 16)),
        ("layer3", (8, 8, 8)),
        ("layer4", (16, 4, 4)),
    ]


def test_every_relu_is_a_module_that_runs_once(make_network: Make) -> None:
    network = make_network()
    relus = [m for m in network.modules() if isinstance(m, nn.ReLU)]
    runs: list[int] = []
    for relu in relus:
        assert not relu.inplace
        relu.register_forward_hook(lambda m, *_: runs.append(id(m)))
    network(torch.zeros(1, 3, 32, 32))
    assert len(relus) == 17
    assert sorted(runs) == sorted(map(id, relus))


def test_normalises_inside(make_network: Make) -> None:
    mean, std = [0.1, 0.5, 0.9], [0.2, 0.3, 0.5]
    inside = make_network(mean=mean, std=std)
    plain = make_network(mean=[0, 0, 0], std=[1, 1, 1])
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    normalised = (x - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
    torch.testing.assert_close(inside(x), plain(normalised), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(inside(x), plain(x), atol=1e-2)


def test_predict_in_batches_is_one_pass(make_network: Make) -> None:
    network = make_network()
    x = torch.rand(5, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    logits = network.predict(x, batch_size=2)
    torch.testing.assert_close(logits, network(x), rtol=1e-4, atol=1e-5)
    assert not network.replica().requires_grad_(True).predict(x).requires_grad


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_classes": 1}, "expected n_classes to be at least 2, got 1"),
        ({"n_classes": 2, "width": 0}, "expected width to be at least 1, got 0"),
        ({"n_classes": 2, "mean": [0.5], "std": [1, 1, 1]}, "expected three means"),
        ({"n_classes": 2, "std": [1, 0, 1]}, "three positive stds"),
        ({"n_classes": 2, "stem_stride": 3}, "expected stem_stride to be 1 or 2, got 3"),
    ],
)
def test_impossible_networks_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        zoo.build("resnet18-cifar", **arguments)


def test_cards_are_frozen(make_card: Make) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_card().title = "other"


def test_weights_in_eight_bits(models: Path, make_card: Callable[..., zoo.Card]) -> None:
    """Half the size of float16, every weight off by at most half a step, vectors as they were."""
    torch.manual_seed(0)
    network = zoo.ResNet18(n_classes=10, width=8)
    network.stem[0][1].running_var.fill_(1e-9)  # type: ignore[index,union-attr]
    network.layer1[0].conv1[0].weight.data[3] = 0  # type: ignore[union-attr,index]
    half, eight = network.replica(), network.replica()
    eight.stored = torch.int8
    arguments = {"n_classes": 10, "width": 8, "mean": [0.5] * 3, "std": [0.25] * 3}
    for name, one in (("half", half), ("eight", eight)):
        zoo.save(one.freeze(), make_card(name, arguments=arguments))
    size = {n: (models / n / "weights.safetensors").stat().st_size for n in ("half", "eight")}
    assert size["eight"] < 0.62 * size["half"]
    read = zoo.load("eight").state_dict()
    assert read.keys() == network.state_dict().keys()
    for name, value in network.state_dict().items():
        if value.ndim < 2:
            assert torch.equal(read[name], value)
        else:
            step = value.flatten(1).abs().amax(1) / 127
            off = (read[name] - value).flatten(1).abs().amax(1)
            assert (off <= step / 2 + 1e-7).all()
            assert off.max() > 0
