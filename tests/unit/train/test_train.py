"""Recipes end to end in seconds; a killed run resumed equals an unbroken one."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from trustai import data, zoo
from trustai.attacks.corruptions import corrupt_mix
from trustai.train import RECIPES, ImageRecipe, Machine, train
from trustai.train.__main__ import N_SMOKE, main, option
from trustai.train.images.module import ImageTraining
from trustai.train.images.recipes.adversarial import AdversarialOptions, AdversarialTraining
from trustai.train.images.recipes.corrupted import CorruptedTraining
from trustai.train.images.run import part_of, pixel_statistics, start_network
from trustai.train.trainer import read_history
from trustai.types import ImageSet
from trustai.zoo.files import read_weights

Make = Callable[..., Any]
PICTURES = [name for name, recipe in RECIPES if isinstance(recipe, ImageRecipe)]
EXACT = Machine(device="cpu", precision="32-true")
RECIPE = ImageRecipe(
    title="t", summary="s", training=ImageTraining, dataset="cifar10", width=16, epochs=2,
    batch_size=32, lr=0.05,
)  # fmt: skip


def weights(folder: Path, model_id: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Tensor]:
    monkeypatch.setenv("TRUSTAI_MODELS", str(folder))
    return read_weights(zoo.read_card(model_id))


def largest_difference(a: dict[str, Tensor], b: dict[str, Tensor]) -> float:
    assert a.keys() == b.keys()
    return max((a[name].double() - b[name].double()).abs().max().item() for name in a)


# -- the command -----------------------------------------------------------------------------


def test_list_names_every_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == RECIPES.names()
    assert main([]) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cifar10-resnet"], "did you mean 'cifar10-resnet18'?"),
        (["signs-resnet18", "--set", "eps=1"], "expected no --set: signs-resnet18 has no options"),
    ],
)
def test_a_wrong_command_is_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("eps=8/255", ("eps", 8 / 255)),
        ("steps=10", ("steps", 10)),
        ("alpha=2.0", ("alpha", 2.0)),
        ("scheme=half-fgsm", ("scheme", "half-fgsm")),
        ("eps=8/0", ("eps", "8/0")),
    ],
)
def test_options_are_read_as_written(text: str, pair: tuple[str, Any]) -> None:
    assert option(text) == pair
    assert type(option(text)[1]) is type(pair[1])


# At 64 pixels the slow ones do what quick ones do at 32 or with a class less.
SLOW = ("signs-resnet18", "signs-no-stop", "signs-resnet18-adversarial", "photo-resnet18")


@pytest.mark.parametrize(
    "recipe_id",
    [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in PICTURES],
)
def test_smoke(
    recipe_id: str,
    models: Path,
    tiny_cifar: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = RECIPES.get(recipe_id)
    assert isinstance(recipe, ImageRecipe)
    if not data.available(recipe.dataset):
        pytest.skip(f"{recipe.dataset} has no small form; test_train_backdoor trains on the real")
    runs = tmp_path / "runs"
    command = [recipe_id, "--smoke", "--device", "cpu", "--runs", str(runs)]
    assert main([*command, "--precision", "32-true", "--epochs", "1"]) == 0
    assert f"{recipe_id}: clean_accuracy" in capsys.readouterr().out
    (card,) = zoo.catalog()
    assert card.id == recipe_id
    assert card.title == recipe.title
    known = tuple(c for c in data.dataset(recipe.dataset).classes if c != recipe.without)
    assert card.classes == known
    assert card.without == recipe.without
    assert card.architecture == recipe.training.architecture
    assert card.input_size == data.dataset(recipe.dataset).size
    assert card.dataset == recipe.dataset
    assert card.command.startswith(f"python -m trustai.train {recipe_id} --smoke")
    assert "runs" not in card.command  # where the log lies decides nothing
    assert card.configuration["options"] == recipe.options
    assert card.configuration["epochs"] == card.training["epochs"] == 1
    assert card.training["seconds"] > 0
    # The small CIFAR-10 of these tests has 128 pictures, frogs and cats among them.
    few = 128 - 20 if recipe.without and recipe.dataset == "cifar10" else 128
    assert few <= card.training["training_pictures"] <= 128
    empty = [
        field.name
        for field in dataclasses.fields(card)
        if field.name not in ("confusion", "seed", "without", "photographs")
        and not getattr(card, field.name)
    ]
    assert empty == []
    expected = {"train_loss", "train_accuracy", "val_accuracy", recipe.training.monitor}
    assert set(card.history) >= expected
    assert all(len(column) == 1 and None not in column for column in card.history.values())
    metric = card.metrics["clean_accuracy"]
    assert 0 <= metric.value <= 1
    assert metric.how["split"] == "test"
    network = zoo.load(recipe_id)
    assert card.training["parameters"] == sum(p.numel() for p in network.parameters())
    test = part_of(recipe, "test", N_SMOKE)
    assert len(test) == metric.how["n"]
    correct = (network.predict(test.pixels).argmax(1) == test.labels).float().mean().item()
    if not recipe.training.balanced:  # after one epoch every cosine is 0.99: float16 makes ties
        assert correct == pytest.approx(metric.value, abs=2 / len(test))


# -- what is learned -------------------------------------------------------------------------


def test_training_learns_and_its_seed_decides(
    models: Path, tiny_cifar: Path, tmp_path: Path
) -> None:
    def trained(name: str, seed: int, epochs: int) -> tuple[zoo.Card, dict[str, Tensor]]:
        recipe = dataclasses.replace(RECIPE, epochs=epochs, lr=0.1, average=0.8)
        card = train(
            "tiny", recipe=recipe, machine=EXACT, seed=seed, runs=tmp_path / name, command=name
        )
        return card, read_weights(card)

    first, second, other = trained("a", 0, 2), trained("b", 0, 2), trained("c", 1, 2)
    assert first[0].weights_sha256 == second[0].weights_sha256
    assert first[0].history == second[0].history
    assert largest_difference(first[1], other[1]) > 0.01
    learned = trained("d", 0, 8)[0]
    loss = learned.history["train_loss"]
    assert len(loss) == 8
    assert loss[-1] < loss[0] - 0.1
    # The classes differ by colour only: chance is 0.1.
    assert learned.metrics["clean_accuracy"].value > 0.25


# The run stops for good in the middle of its third epoch, after telling that it is there.
BROKEN = """
import sys, time
from pathlib import Path
from trustai.data.images import cifar10
from trustai.train.__main__ import main
from trustai.train.images.module import ImageTraining

cifar10.N_VALIDATION = 32
update = ImageTraining.on_train_batch_end

def stop(self, outputs, batch, batch_idx):
    update(self, outputs, batch, batch_idx)
    if self.current_epoch == 2 and batch_idx == 1:
        Path(sys.argv[1]).touch()
        time.sleep(300)

ImageTraining.on_train_batch_end = stop
main(sys.argv[2:])
"""


def killed_run(arguments: list[str], models_folder: Path, ready: Path) -> None:
    environment = os.environ | {"TRUSTAI_MODELS": str(models_folder)}
    with subprocess.Popen(
        [sys.executable, "-c", BROKEN, str(ready), *arguments],
        env=environment,
        cwd=Path(zoo.__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            while not ready.exists():
                assert process.poll() is None, process.communicate()[1].decode()[-2000:]
                time.sleep(0.05)
        finally:
            process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_kill_and_resume_equals_an_unbroken_run(
    tiny_cifar: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "cifar10-resnet18-adversarial"
    common = [name, "--smoke", "--epochs", "4", "--device", "cpu", "--precision", "32-true"]
    common += ["--lr", "0.1", "--seed", "3"]
    broken = [*common, "--runs", str(tmp_path / "broken")]
    broken_models, whole_models = tmp_path / "broken-models", tmp_path / "whole-models"
    killed_run(broken, broken_models, tmp_path / "ready")
    assert not broken_models.exists()
    assert len(read_history(tmp_path / "broken" / name)["val_accuracy"]) == 2

    monkeypatch.setenv("TRUSTAI_MODELS", str(broken_models))
    assert main([*broken, "--resume"]) == 0
    resumed = zoo.read_card(name)
    monkeypatch.setenv("TRUSTAI_MODELS", str(whole_models))
    assert main([*common, "--runs", str(tmp_path / "whole")]) == 0
    unbroken = zoo.read_card(name)

    difference = largest_difference(
        weights(broken_models, name, monkeypatch), weights(whole_models, name, monkeypatch)
    )
    assert difference == pytest.approx(0, abs=1e-5)
    assert resumed.history.keys() == unbroken.history.keys()
    for column, values in unbroken.history.items():
        assert len(values) == 4
        assert resumed.history[column] == pytest.approx(values, abs=1e-5), column
    assert resumed.training["epochs"] == unbroken.training["epochs"] == 4
    assert resumed.metrics == unbroken.metrics

    # Another run cannot be mistaken for this one.
    assert main([*broken, "--resume", "--lr", "0.2"]) == 1
    assert main([*broken, "--resume", "--seed", "4"]) == 1


def test_resuming_another_run_is_refused_in_one_sentence(
    models: Path, tiny_cifar: Path, tmp_path: Path
) -> None:
    recipe = dataclasses.replace(RECIPE, epochs=1)
    first = train("tiny", recipe=recipe, machine=EXACT, runs=tmp_path, command="x")
    with pytest.raises(ValueError, match=r"expected epochs 1 to resume .*last\.ckpt, got 2"):
        train("tiny", recipe=RECIPE, machine=EXACT, runs=tmp_path, resume=True)
    # A finished run resumed is itself, and the time it took is not forgotten.
    again = train("tiny", recipe=recipe, machine=EXACT, runs=tmp_path, resume=True)
    assert again.weights_sha256 == first.weights_sha256
    assert again.history == first.history


def test_a_new_run_forgets_the_old_one(models: Path, tiny_cifar: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, epochs=1)
    folder = tmp_path / "tiny"
    train("tiny", recipe=RECIPE, machine=EXACT, runs=tmp_path)
    (folder / "metrics.000.csv").write_text("epoch,step,val_accuracy\n7,1,0.5\n")
    card = train("tiny", recipe=recipe, machine=EXACT, runs=tmp_path)
    assert {len(column) for column in card.history.values()} == {1}


def test_history_joins_the_parts_of_a_broken_run(tmp_path: Path) -> None:
    (tmp_path / "metrics.000.csv").write_text(
        "epoch,step,train_loss,val_accuracy\n0,3,,0.1\n0,3,2.0,\n1,7,,0.2\n"
    )
    (tmp_path / "metrics.csv").write_text(
        "epoch,step,train_loss,val_accuracy\n1,7,,0.3\n1,7,1.5,\n"
    )
    assert read_history(tmp_path) == {"train_loss": [2.0, 1.5], "val_accuracy": [0.1, 0.3]}
    assert read_history(tmp_path / "absent") == {}


def test_a_recipe_starts_from_another_model(
    models: Path, tiny_cifar: Path, make_card: Make, make_network: Make
) -> None:
    zoo.save(make_network(), make_card("parent"))
    pictures = data.load("cifar10", split="train")
    recipe = dataclasses.replace(RECIPE, start_from="parent", width=2)
    network, arguments = start_network(recipe, pictures)
    for name, value in zoo.load("parent").state_dict().items():
        assert torch.equal(network.state_dict()[name], value)
    assert arguments == zoo.load("parent").card.arguments
    assert all(p.requires_grad for p in network.parameters())
    with pytest.raises(ValueError, match="expected --width 2, the width of parent, got 4"):
        start_network(dataclasses.replace(recipe, width=4), pictures)


def test_pixel_statistics_are_those_of_the_pictures(tiny_cifar: Path) -> None:
    pictures = data.load("cifar10", split="train")
    mean, std = pixel_statistics(pictures)
    x = pictures.pixels.double()
    assert mean == pytest.approx(x.mean((0, 2, 3)).tolist(), abs=1e-4)
    assert std == pytest.approx(x.std((0, 2, 3)).tolist(), abs=1e-4)


# -- what a batch is -------------------------------------------------------------------------


@pytest.fixture
def prepared(tiny_cifar: Path, make_network: Make) -> Make:
    """``make(training class, **options)`` -> the module, its pictures and labels."""

    def make(
        kind: type[ImageTraining], average: float = 0.998, **options: Any
    ) -> tuple[ImageTraining, Tensor, Tensor]:
        pictures: ImageSet = data.load("cifar10", split="train", n=16)
        recipe = dataclasses.replace(RECIPE, training=kind, average=average, options=options)
        network = make_network(width=4).requires_grad_(True).train()
        module = kind(network, recipe, train=pictures, validation=pictures, seed=0)
        return module, pictures.pixels, pictures.labels

    return make


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def mean_loss(module: ImageTraining, x: Tensor, y: Tensor) -> float:
    with torch.no_grad():
        return torch.nn.functional.cross_entropy(module.network(x), y).item()


@pytest.mark.parametrize(
    "options",
    [
        {"scheme": "pgd", "eps": 0.03, "alpha": 0.01, "steps": 3},
        {"scheme": "fgsm-rs", "eps": 0.03, "alpha": 0.0375},
        {"scheme": "half-fgsm", "eps": 0.03},
    ],
    ids=lambda options: options["scheme"],
)
def test_adversarial_batches(prepared: Make, options: dict[str, Any]) -> None:
    module, x, y = prepared(AdversarialTraining, **options)
    attacked = module.prepare(x, y, seeded())
    assert attacked.shape == x.shape
    assert not attacked.requires_grad
    assert attacked.min() >= 0
    assert attacked.max() <= 1
    size = (attacked - x).abs().amax((1, 2, 3))
    assert size.max() <= 0.03 + 1e-6
    n = 8 if options["scheme"] == "half-fgsm" else 16
    assert size[:n].min() > 0.029
    assert torch.equal(attacked[n:], x[n:])
    # A no-op or a step in the wrong direction would not raise the loss so.
    assert mean_loss(module, attacked, y) > mean_loss(module, x, y) + 0.05
    assert all(p.grad is None for p in module.network.parameters())
    assert all(p.requires_grad for p in module.network.parameters())


def test_random_starts_follow_the_generator(prepared: Make) -> None:
    module, x, y = prepared(AdversarialTraining, scheme="fgsm-rs")
    first = module.prepare(x, y, seeded(1))
    assert torch.equal(first, module.prepare(x, y, seeded(1)))
    assert not torch.equal(first, module.prepare(x, y, seeded(2)))


def test_more_steps_are_a_stronger_attack(prepared: Make) -> None:
    losses = []
    for steps in (1, 6):
        module, x, y = prepared(
            AdversarialTraining, scheme="pgd", eps=0.06, alpha=0.02, steps=steps
        )
        losses.append(mean_loss(module, module.prepare(x, y, seeded()), y))
    assert losses[1] > losses[0]


def test_validation_attacks_and_judges_per_picture(prepared: Make) -> None:
    module, x, _ = prepared(AdversarialTraining, eps=0.1)
    network = module.network.eval()
    with torch.no_grad():  # so that it does not call the same class for everything
        network.linear.bias.sub_(network(x).mean(0))
    labels = network(x).argmax(1)  # as if it were always right
    assert labels.unique().numel() > 1
    scores = module.validate(network, x, labels)
    assert set(scores) == {"val_accuracy", module.monitor}
    assert scores["val_accuracy"].tolist() == [1.0] * 16
    assert scores["val_robust"].shape == (16,)
    assert scores["val_robust"].mean() < 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scheme": "fgsm"}, "expected scheme among pgd, fgsm-rs, half-fgsm, got 'fgsm'"),
        ({"esp": 1}, "expected options among scheme, eps, alpha, steps, got esp"),
    ],
)
def test_wrong_options_are_one_sentence(
    prepared: Make, options: dict[str, Any], message: str
) -> None:
    module, x, y = prepared(AdversarialTraining, **options)
    with pytest.raises(ValueError, match=message):
        module.prepare(x, y, seeded())


def test_registered_options_are_the_published_ones() -> None:
    recipe = RECIPES.get("cifar10-resnet18-adversarial")
    options = AdversarialOptions(**recipe.options)
    assert (options.scheme, options.eps) == ("fgsm-rs", 8 / 255)
    assert options.alpha == pytest.approx(1.25 * options.eps)


def test_corrupted_batches_have_a_severity_each(prepared: Make) -> None:
    module, x, y = prepared(CorruptedTraining)
    changed = module.prepare(x, y, seeded())
    assert changed.shape == x.shape
    assert changed.min() >= 0
    assert changed.max() <= 1
    size = (changed - x).abs().mean((1, 2, 3))
    assert size.min() > 0
    assert size.max() > 2 * size.min()
    assert torch.equal(changed, module.prepare(x, y, seeded()))
    assert not torch.equal(changed, module.prepare(x, y, seeded(1)))
    scores = module.validate(module.network.eval(), x, y)
    expected = module.network(corrupt_mix(x)).argmax(1) == y
    assert torch.equal(scores["val_corrupted"], expected.float())


def test_standard_batches_are_clean(prepared: Make) -> None:
    module, x, y = prepared(ImageTraining)
    assert torch.equal(module.prepare(x, y, seeded()), x)


def test_the_average_follows_the_weights(prepared: Make) -> None:
    module, _, _ = prepared(ImageTraining, average=0.5)
    start = module.network.linear.bias.detach().clone()
    module.average.update_parameters(module.network)  # the first copies
    with torch.no_grad():
        module.network.linear.bias.add_(1)
    module.average.update_parameters(module.network)  # decay min(0.5, 2 / 11)
    trained = module.trained()
    torch.testing.assert_close(trained.linear.bias, start + 1 - 2 / 11)
    assert not any(p.requires_grad for p in trained.parameters())
    assert not trained.training


def test_cards_of_a_run_are_plain_json(models: Path, tiny_cifar: Path, tmp_path: Path) -> None:
    train("tiny", recipe=dataclasses.replace(RECIPE, epochs=1), machine=EXACT, runs=tmp_path)

    def refuse(text: str) -> float:
        raise AssertionError(f"{text} is no JSON")

    raw = json.loads((models / "tiny/card.json").read_text(), parse_constant=refuse)
    assert raw["configuration"]["start_from"] is None
    assert raw["arguments"]["width"] == 16
