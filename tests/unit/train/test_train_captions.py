"""Training decoders of captions: what a batch is, what is minimised, and that it learns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from PIL import Image
from torch import Tensor
from torchvision.models import get_model

from trustai import captions, zoo
from trustai.captions import scores
from trustai.captions.scores import CIDEr
from trustai.data.captions import base as caption_sets
from trustai.data.text import (
    END,
    PAD,
    UNK,
    Vocabulary,
)
from trustai.train import RECIPES, CaptionRecipe, Machine, train
from trustai.train.__main__ import main
from trustai.train.captions import features
from trustai.train.captions.batches import (
    NOTHING,
    CaptionBatches,
    Sentence,
    sentence,
    sentences_of,
)
from trustai.train.captions.features import augmented_annotations
from trustai.train.captions.module import CaptionOptions, CaptionTraining
from trustai.train.captions.reward import Reward
from trustai.train.captions.self_critical import SelfCriticalTraining
from trustai.train.measure.captions import VARIANTS, variant_of
from trustai.train.measure.run import measure
from trustai.train.measure.stage import MeasuringSettings
from trustai.zoo import LSTMDecoder, TransformerDecoder

WORDS = Vocabulary({"en": ("red", "green", "blue", "here", "there"), "fa": ("سرخ", "سبز", "آبی")})
MACHINE = Machine(device="cpu", precision="32-true")


def test_sentences_begin_with_their_language_and_end() -> None:
    assert sentence("Red, here!", "en", WORDS, longest=5) == Sentence(NOTHING, (3, 5, 8, END))
    assert sentence("red purple", "en", WORDS, picture=7, longest=5).ids == (3, 5, UNK, END)
    # One that is cut is not taught to end there.
    assert sentence("red green blue here", "en", WORDS, longest=2).ids == (3, 5, 6)
    about = {"en": (("red",), ("green", "blue")), "fa": ((), ("سبز",))}
    found = sentences_of(about, WORDS, longest=5)
    assert [(s.picture, s.ids[0]) for s in found] == [(0, 3), (1, 3), (1, 3), (1, 4)]


def batches_of(**changes: Any) -> CaptionBatches:
    annotations = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).view(2, 3, 4, 5) + 1
    sentences = [Sentence(i % 3, (3, 5 + i, END)) for i in range(4)]
    texts = [Sentence(NOTHING, (4, 10, 11, END)), Sentence(NOTHING, (4, 12, END))]
    return CaptionBatches(
        annotations, sentences, **({"batch_size": 3, "texts": texts, "n_texts": 1} | changes)
    )


def test_batches() -> None:
    batches = batches_of(batch_size=5)
    assert len(batches) == 1
    ((vectors, words, picture),) = list(batches)
    assert vectors.shape == (5, 4, 5)
    assert sorted(picture.tolist()) == [NOTHING, 0, 0, 1, 2]
    seen = picture != NOTHING
    assert (vectors[~seen] == 0).all()
    for vector, number in zip(vectors[seen], picture[seen].tolist(), strict=True):
        assert any(torch.equal(vector, view[number]) for view in batches.vectors)
    for row, is_seen in zip(words.tolist(), seen.tolist(), strict=True):
        kept = [w for w in row if w != PAD]
        assert kept[0] == (3 if is_seen else 4)
        assert kept[-1] == END


def test_the_order_depends_on_seed_and_epoch_only() -> None:
    def drawn(seed: int, epoch: int) -> list[list[int]]:
        batches = batches_of(seed=seed)
        batches.set_epoch(epoch)
        return [w.tolist() for _, w, _ in batches]

    assert drawn(0, 1) == drawn(0, 1)
    assert len({str(drawn(s, e)) for s in range(3) for e in range(3)}) > 5


def test_texts_take_turns() -> None:
    batches, met = batches_of(batch_size=5), set()
    for epoch in range(2):
        batches.set_epoch(epoch)
        for _, words, picture in batches:
            met.add(tuple(w for w in words[picture == NOTHING][0].tolist() if w != PAD))
    assert met == {(4, 10, 11, END), (4, 12, END)}


def test_share_of_truth_by_hand() -> None:
    assert CaptionOptions().share_of_truth(1.0) == 1
    linear = CaptionOptions(schedule="linear", least=0.6)
    assert [linear.share_of_truth(d) for d in (0, 0.5, 1)] == pytest.approx([1, 0.8, 0.6])
    sigmoid = CaptionOptions(schedule="inverse-sigmoid", least=0.5)
    shares = [sigmoid.share_of_truth(d / 10) for d in range(11)]
    assert shares[0] == pytest.approx(1)
    assert shares[-1] == pytest.approx(0.5)
    assert shares == sorted(shares, reverse=True)
    # k / (k + exp(i / k)), k = 5, i = 10, between its ends
    ends = 5 / 6, 5 / (5 + 2.718281828**4)
    middle = 5 / (5 + 2.718281828**2)
    assert shares[5] == pytest.approx(0.5 + 0.5 * (middle - ends[1]) / (ends[0] - ends[1]))
    with pytest.raises(ValueError, match="expected schedule among"):
        CaptionOptions(schedule="exponential")


# -- a world of three colours --------------------------------------------------------------------


def world(n: int, *, seed: int) -> tuple[Tensor, list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Grids of 2 x 2 places, one of which shows a colour; the sentence says which and where."""
    generator = torch.Generator().manual_seed(seed)
    colour = torch.randint(3, (n,), generator=generator)
    place = torch.randint(4, (n,), generator=generator)
    annotations = 0.1 * torch.randn(n, 4, 6, generator=generator)
    annotations[torch.arange(n), place, colour] += 2
    english, persian = ("red", "green", "blue"), ("سرخ", "سبز", "آبی")
    where = ["here" if p < 2 else "there" for p in place.tolist()]
    named = zip(colour.tolist(), where, strict=True)
    said: list[tuple[str, ...]] = [(f"{english[c]} {w}",) for c, w in named]
    return annotations, said, [(persian[c],) for c in colour.tolist()]


def recipe_of(**changes: Any) -> CaptionRecipe:
    base = CaptionRecipe(
        title="",
        summary="",
        training=CaptionTraining,
        datasets=("world",),
        encoder="none",
        epochs=10,
        average=0.9,
        options=dataclasses.asdict(CaptionOptions()),
    )
    return dataclasses.replace(base, **changes)


def module_of(recipe: CaptionRecipe) -> CaptionTraining:
    torch.manual_seed(0)
    settings: dict[str, Any] = {
        "vocabulary": WORDS.words,
        "encoder": "none",
        "stages": ("layer4",),
        "side": 8,
        "channels": 6,
    }
    if recipe.architecture == "caption-transformer":
        decoder: Any = TransformerDecoder(**settings, embedding=24, heads=2)
    else:
        arguments = {"heads": 2, "embedding": 16, "hidden": 24, "attention_size": 16}
        decoder = LSTMDecoder(**settings, **(arguments | recipe.arguments), dropout=0.1)
    annotations, en, fa = world(240, seed=1)
    held, held_en, held_fa = world(60, seed=2)
    decoder.learn_scale(annotations)
    return CaptionTraining(
        decoder,
        recipe,
        vectors=decoder.standardised(annotations)[None],
        sentences=sentences_of({"en": en, "fa": fa}, WORDS, longest=5),
        texts=(),
        validation=held,
        references={"en": held_en, "fa": held_fa},
        seed=0,
    )


VARIANT_RECIPES = {
    "soft": recipe_of(),
    "dot": recipe_of(arguments={"attention": "dot"}),
    "multi-head": recipe_of(arguments={"attention": "multi-head"}),
    "hard": recipe_of(arguments={"attention": "hard"}),
    "linear": recipe_of(options=dataclasses.asdict(CaptionOptions(schedule="linear"))),
    "transformer": recipe_of(architecture="caption-transformer"),
}


@pytest.mark.parametrize("name", VARIANT_RECIPES)
def test_every_variant_learns_to_say_what_is_there(name: str) -> None:
    """Of pictures that it never saw, in both languages; and not by chance: with the picture
    withheld it cannot."""
    module = module_of(VARIANT_RECIPES[name])
    module.network.train()
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.02)
    batches = CaptionBatches(module._vectors, module._sentences, batch_size=60)
    losses = []
    for epoch in range(14):
        batches.set_epoch(epoch)
        for batch in batches:
            loss = module.loss(*batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert sum(losses[-8:]) < 0.6 * sum(losses[:8])
    module.network.eval()
    annotations, en, fa = world(60, seed=3)
    if name == "hard":  # one place a word: REINFORCE learns what is there long before where
        en = [(text.split()[0],) for (text,) in en]
    for language, truth in (("en", en), ("fa", fa)):
        said = captions.decode(module.network, annotations, language=language)
        right = sum(one[0].text.startswith(t) for one, (t,) in zip(said, truth, strict=True))
        assert right >= 48, (language, right)
        blind = captions.decode(module.network, torch.zeros_like(annotations), language=language)
        assert sum(o[0].text.startswith(t) for o, (t,) in zip(blind, truth, strict=True)) < 40


def test_reinforce_moves_attention_only() -> None:
    module = module_of(VARIANT_RECIPES["hard"])
    module.network.train()
    torch.manual_seed(0)
    attention = torch.rand(5, 3, 4).softmax(2).requires_grad_()
    chosen = torch.randint(4, (5, 3))
    real = torch.ones(5, 3, dtype=torch.bool)
    surprise = torch.rand(5, 3)
    loss = module._reinforced(surprise, attention, chosen, real)
    loss.backward()
    assert attention.grad is not None
    assert attention.grad.abs().sum() > 0
    assert module.baseline != 0


def test_the_doubly_stochastic_term_wants_every_place_looked_at() -> None:
    recipe = recipe_of(options=dataclasses.asdict(CaptionOptions(doubly=1.0)))
    with_term = module_of(recipe)
    without = module_of(recipe_of(options=dataclasses.asdict(CaptionOptions(doubly=0.0))))
    for module in (with_term, without):
        module.network.eval()  # no dropout: the rest of the loss is the same
    batch = next(iter(CaptionBatches(with_term._vectors, with_term._sentences, batch_size=8)))
    state = with_term.network.begin_standardised(batch[0])
    _, attention = with_term.network.follow(state, batch[1][:, :-1])
    looked = (attention * (batch[1][:, 1:] != PAD)[:, :, None]).sum(1)
    expected = ((1 - looked) ** 2).mean()
    difference = with_term.loss(*batch) - without.loss(*batch)
    torch.testing.assert_close(difference, expected)


@pytest.mark.slow
def test_self_critical_training_makes_sentences_that_score_well_likelier() -> None:
    """From a decoder that was hardly trained, without another true word."""
    plain = module_of(recipe_of(draws=5, lr=0.01, batch_size=60))
    plain.network.train()
    optimizer = torch.optim.AdamW(plain.parameters(), lr=0.02)
    for batch in CaptionBatches(plain._vectors, plain._sentences, batch_size=60):
        optimizer.zero_grad()
        plain.loss(*batch).backward()
        optimizer.step()
    _, en, fa = world(240, seed=1)
    module = SelfCriticalTraining(
        plain.network,
        plain.recipe,
        learned={"en": en, "fa": fa},
        vectors=plain._vectors,
        sentences=plain._sentences,
        texts=(),
        validation=plain._validation,
        references=plain.references,
        seed=0,
    )
    gains: list[float] = []
    module.log = lambda name, value, **_: gains.append(float(value))  # type: ignore[method-assign]
    adam = module.configure_optimizers()
    torch.manual_seed(0)
    batches = module.train_dataloader()
    assert sorted(s.picture for s in batches.sentences) == sorted([*range(240)] * 2)
    for epoch in range(8):
        batches.set_epoch(epoch)
        for batch in batches:
            adam.zero_grad()
            module.training_step(batch, 0).backward()
            adam.step()
    assert sum(gains[-8:]) > 1.5 * sum(gains[:8])


def test_the_rewards_are_the_scores_of_the_package() -> None:
    references = [[("a", "dog", "runs"), ("the", "dog")], [("a", "cat", "sits", "here")]]
    reward = Reward(references)
    for i, said in ((0, ("a", "dog")), (1, ("a", "cat", "sits", "here")), (0, ("the",)), (1, ())):
        bleu = scores.sentence_bleu(said, references[i]) if said else 0.0
        cider = CIDEr(references)(said, references[i])
        assert reward(said, i) == pytest.approx(bleu + cider / 10)
    assert reward(("cat",), 0) == 0


# -- views ---------------------------------------------------------------------------------------


def test_views_are_computed_once(
    encoder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = zoo.load(encoder, kind=zoo.Classifier)
    decoder = zoo.CaptionDecoder(
        vocabulary={"en": ()}, encoder=encoder, stages=("layer4",), side=32, channels=16
    )
    captioner = captions.Captioner(network, decoder)
    pictures = caption_sets.CAPTION_SETS.get("scenes").read("test", 3, 0)
    first = augmented_annotations(captioner, pictures, flip=True, views=2)
    assert first.shape[:2] == (4, 3)
    plain = captions.annotations_of(captioner, pictures.images)
    torch.testing.assert_close(first[0].float(), plain, atol=2e-3, rtol=2e-3)
    (file,) = (tmp_path / "cache" / "annotations").iterdir()
    monkeypatch.setattr(features, "_computed", lambda *_, **__: pytest.fail("computed again"))
    again = augmented_annotations(captioner, pictures, flip=True, views=2)
    assert torch.equal(again, first)
    assert file.stat().st_size < 2 * first.numel() + 1_000


def test_principal_components_have_variance_one() -> None:
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(50, 9, 6, generator=generator) @ torch.randn(6, 6, generator=generator) + 3
    decoder = zoo.CaptionDecoder(
        vocabulary={"en": ()}, encoder="-", stages=("-",), side=8, channels=6, components=4
    )
    decoder.learn_scale(a)
    z = decoder.standardised(a).flatten(0, 1)
    torch.testing.assert_close(z.mean(0), torch.zeros(4), atol=1e-4, rtol=0)
    torch.testing.assert_close(z.T @ z / len(z), torch.eye(4), atol=1e-2, rtol=0)


def test_principal_components_of_a_few_pictures_stay_finite() -> None:
    """Three different ones of 1,024 channels, half of which never change."""
    few = torch.randn(3, 1, 1024, generator=torch.Generator().manual_seed(0)).repeat(8, 1, 1)
    few[:, :, :512] = 0.3
    decoder = zoo.CaptionDecoder(
        vocabulary={"en": ()}, encoder="-", stages=("-",), side=8, channels=1024, components=160
    )
    decoder.learn_scale(few)
    z = decoder.standardised(few)
    assert z.isfinite().all()
    assert z.abs().max() < 50
    assert z[:3].flatten(1).unique(dim=0).shape[0] == 3


# -- end to end ----------------------------------------------------------------------------------


@pytest.fixture
def encoder(
    models: Path,
    make_card: Callable[..., zoo.Card],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path / "cache"))
    torch.manual_seed(0)
    arguments = {"n_classes": 2, "width": 2, "mean": [0.5] * 3, "std": [0.25] * 3}
    network = zoo.ResNet18(**arguments).freeze()  # type: ignore[arg-type]
    zoo.save(network, make_card("tiny", arguments=arguments, classes=("a", "b")))
    return "tiny"


def small(encoder: str, **changes: Any) -> CaptionRecipe:
    recipe = RECIPES.get("captions-scenes")
    assert isinstance(recipe, CaptionRecipe)
    return dataclasses.replace(
        recipe,
        encoder=encoder,
        side=32,
        epochs=2,
        batch_size=32,
        arguments={"embedding": 8, "hidden": 8, "attention_size": 8},
        **changes,
    )


def test_a_recipe_end_to_end(encoder: str, tmp_path: Path) -> None:
    recipe = small(encoder)
    card = train("captions-scenes", recipe=recipe, machine=MACHINE, n_train=8, runs=tmp_path)
    assert card.metrics["test/en/bleu1"].value >= 0
    assert card.metrics["test/fa/beam5/cider"].how["decoding"]["width"] == 5
    assert len(card.history["val_bleu4"]) == 2
    captioner = captions.load("captions-scenes")
    assert captioner.languages == ("en", "fa")
    assert captioner.side == 32
    table = zoo.measurements("captions-scenes", topic="captions")
    assert table is not None
    assert set(table["language"]) == {"en", "fa"}
    assert len(table) == 16
    again = train("captions-scenes", recipe=recipe, machine=MACHINE, n_train=8, runs=tmp_path)
    assert again.weights_sha256 == card.weights_sha256


def test_what_was_measured_of_the_recipe_stays(encoder: str, tmp_path: Path) -> None:
    """Another training of the same recipe does not change its variants; another recipe does."""
    recipe = small(encoder)

    def trained(**changes: Any) -> zoo.Card:
        other = dataclasses.replace(recipe, **changes)
        return train("captions-scenes", recipe=other, machine=MACHINE, n_train=8, runs=tmp_path)

    def measured() -> dict[str, zoo.Metric]:
        card = zoo.read_card("captions-scenes")
        return {k: m for k, m in card.metrics.items() if k.startswith("variants/")}

    card = trained()
    assert not measured()
    told = {"variants/hard/fa/bleu4": zoo.Metric(0.25, {"n": 8})}
    zoo.save_card(dataclasses.replace(card, metrics={**card.metrics, **told}))
    zoo.save_measurements("captions-scenes", pd.DataFrame({"epoch": [1, 2]}), topic="variants")
    again = trained(refine_epochs=1, draws=2)
    assert measured() == told
    assert again.metrics["test/en/loss"] != card.metrics["test/en/loss"]
    table = zoo.measurements("captions-scenes", topic="variants")
    assert table is not None
    assert table["epoch"].tolist() == [1, 2]
    trained(lr=1e-4)
    assert not measured()
    assert zoo.measurements("captions-scenes", topic="variants") is None


@pytest.mark.slow  # trains seven variants
def test_what_else_is_measured(
    encoder: str,
    models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the data of others on this machine."""
    recipe = small(encoder)
    train("captions-scenes", recipe=recipe, machine=MACHINE, n_train=8, runs=tmp_path)
    before = (models / "captions-scenes/card.json").read_bytes()
    monkeypatch.delenv("TRUSTAI_DATA", raising=False)
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(RECIPES._entries, "captions-scenes", recipe)
    steps, step = list[int](), CaptionTraining.training_step

    def counted(self: CaptionTraining, batch: Any, batch_idx: int) -> Tensor:
        steps.append(batch_idx)
        return step(self, batch, batch_idx)

    monkeypatch.setattr(CaptionTraining, "training_step", counted)
    measured = measure(
        "captions-scenes",
        stages=["scores", "signs", "corpus", "variants"],
        settings=MeasuringSettings(n=6),
    )
    for name in ("test/en/all_signs_right", "corpus/fa/unknown_to_it", "variants/hard/fa/bleu4"):
        assert 0 <= measured.metrics[name].value <= 1
    for name in VARIANTS:
        assert measured.metrics[f"variants/{name}/fa/bleu4"].how["parameters"] > 0
        assert measured.metrics[f"variants/{name}/fa/loss"].value > 0
    assert (
        models / "captions-scenes/card.json"
    ).read_bytes() == before  # with n nothing is written
    # Every variant goes on from its best epoch: fewer steps to the same figures.
    before_resuming, steps[:] = len(steps), []
    again = measure(
        "captions-scenes", stages=["variants"], settings=MeasuringSettings(n=6, resume=True)
    )
    assert len(steps) <= before_resuming / 2
    for name in VARIANTS:
        metric = f"variants/{name}/fa/loss"
        assert again.metrics[metric] == measured.metrics[metric]


def test_variants_change_what_they_say() -> None:
    recipe = small("tiny", texts=2.0)
    made = {name: variant_of(recipe, changes) for name, changes in VARIANTS.items()}
    assert len({str(r) for r in made.values()}) == len(made)
    assert all(r.texts == 0 for r in made.values())
    assert made["soft"].arguments == recipe.arguments
    assert made["scheduled-linear"].options["schedule"] == "linear"
    assert made["transformer"].architecture == "caption-transformer"


@pytest.mark.parametrize("by_name", [False, True])
def test_pictures_of_ones_own_from_the_command_line(
    encoder: str,
    models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    by_name: bool,
) -> None:
    if by_name:  # of torchvision, with weights of one's own
        (tmp_path / "weights").mkdir()
        state = get_model("shufflenet_v2_x0_5").state_dict()
        torch.save(state, tmp_path / "weights" / "shufflenet_v2_x0_5-imagenet.pth")
        monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
        encoder = "imagenet-shufflenet-v2-x0-5 --stages network.conv5"
    folder = tmp_path / "pictures"
    folder.mkdir()
    lines = ["file,caption"]
    for i in range(30):
        colour = ("red", "green", "blue")[i % 3]
        Image.new("RGB", (40, 30), colour).save(folder / f"{i}.png")
        lines += [f"{i}.png,a {colour} wall", f"{i}.png,a wall that is {colour}"]
    (tmp_path / "captions.csv").write_text("\n".join(lines))
    monkeypatch.setattr(caption_sets.CAPTION_SETS, "_entries", dict(caption_sets.CAPTION_SETS))
    monkeypatch.chdir(tmp_path)
    command = (
        "captions-photos --pictures pictures --captions captions.csv --language en "
        f"--name captions-own --encoder {encoder} --side 32 --epochs 2 --set attention=dot "
        "--set embedding=8 --set hidden=8 --set attention_size=8 --set schedule=linear "
        "--device cpu"
    )
    assert main(command.split()) == 0
    assert "captions-own: test/en/bleu4 0." in capsys.readouterr().out
    card = zoo.read_card("captions-own")
    assert card.dataset == "own"
    assert card.title == "captions-own: Captions of your own pictures"
    assert "learned from 30 of your own" in card.summary
    assert card.arguments["channels"] == (1024 if by_name else 16)
    assert card.arguments["attention"] == "dot"
    assert card.configuration["options"]["schedule"] == "linear"
    assert card.metrics["test/en/bleu1"].how["n"] == 3
    assert captions.load("captions-own").languages == ("en",)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("captions-photos --pictures here", "--pictures and --captions together"),
        ("signs-resnet18 --pictures here --captions there", "expected a recipe for captions"),
        ("signs-resnet18 --encoder vgg16", "expected no encoder"),
    ],
)
def test_what_the_command_line_refuses(
    command: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command.split()) == 1
    assert message in capsys.readouterr().err
