"""The page of captions in Streamlit's own test runner."""

from __future__ import annotations

import dataclasses
import importlib
import io
import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.app.pages import found_in, no_fault, open_page, texts
from trustai import captions, zoo
from trustai.captions.attack import CaptionPGDParams
from trustai.captions.rightness import such_captions
from trustai.data import scenes
from trustai.data.images import samples
from trustai.data.text import END, LANGUAGES, UNK
from trustai.plots import captions as plots_captions
from trustai.train.measure.captions import VARIANTS
from trustai.ui.captions import errors, generated, mechanism, pickers, sentences
from trustai.ui.components import word_strip
from trustai.zoo.architectures.caption_attention import ATTENTIONS
from trustai.zoo.pretrained.imagenet import find
from trustai.zoo.pretrained.torchvision_networks import build

PAGE = "captions"
VIEWS = (
    "One picture",
    "Under attack",
    "Where it fails",
    "How attention works",
    "The words",
    "Your own data",
)
PERSIAN = "\u06a9\u062a\u0627\u0628"

pytestmark = pytest.mark.skipif(
    pickers.DEFAULT not in {card.id for card in zoo.catalog()},
    reason="no captions-scenes here",
)


@pytest.fixture(scope="module")
def card() -> zoo.Card:
    return pickers.captioners()[pickers.DEFAULT]


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attacks of two steps: what is asserted of the page does not hang on how good they are."""
    monkeypatch.setattr("trustai.ui.captions.attack.PARAMS", CaptionPGDParams(2, halvings=1))


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What each viewer of words was given, in the order in which they were drawn."""
    found: list[dict[str, Any]] = []
    module = importlib.import_module("trustai.ui.components.word_strip")
    original = module.payload

    def listen(*arguments: Any, **others: Any) -> dict[str, Any]:
        found.append(original(*arguments, **others))
        return dict(found[-1])

    monkeypatch.setattr(module, "payload", listen)
    return found


def markup(app: AppTest) -> str:
    return " ".join(e.proto.body for e in app.get("html"))


def caption_of(card: zoo.Card, index: int, language: str) -> captions.Caption:
    captioner = pickers.captioner_of(card)
    x = scenes.generate(split="test", n=1, start=index).pixels
    return captions.caption(captioner, x, language=language)[0][0]


def test_a_scene_in_both_languages_and_word_by_word(
    drawn: list[dict[str, Any]], card: zoo.Card
) -> None:
    app = open_page(PAGE)
    no_fault(app)
    shown = markup(app)
    for language in ("en", "fa"):
        said = caption_of(card, pickers.FIRST, language)
        assert said.text in shown
    assert shown.count('dir="rtl" lang="fa"') >= 2, "greedy and beam"
    data, said = drawn[-1], caption_of(card, pickers.FIRST, "en")
    assert data["words"] == list(said.words)
    assert data["direction"] == "ltr"
    assert [m["title"] for m in data["maps"]] == ["Attention", "Grad-CAM of the word"]
    attention = torch.tensor(data["maps"][0]["values"])
    expected = said.attention[: len(said.words)].flatten(1)
    torch.testing.assert_close(
        attention, expected / expected.amax(1, keepdim=True), atol=1e-3, rtol=0
    )
    fifth = round(0.2 * expected.shape[1])
    assert all(len(cells) == fifth for cells in data["gone"])
    told = found_in(app)
    assert said.text in told
    lost = [float(number) for number in re.findall(r"\*\*(-?[\d.]+)\*\*", told)]
    assert ("is a part of the reason" in told) == (lost[0] > lost[1])
    assert len(json.dumps(data)) < 1_000_000


def test_persian_runs_from_the_right(drawn: list[dict[str, Any]], card: zoo.Card) -> None:
    app = open_page(PAGE, language="Persian", picture="5")
    no_fault(app)
    assert drawn[-1]["direction"] == "rtl"
    assert drawn[-1]["words"] == list(caption_of(card, 5, "fa").words)
    table = markup(app).split("trustai-table")[-1]
    assert '<th dir="rtl">' in table
    assert '<td dir="rtl">' in table


def test_the_beam_holds_as_many_as_its_width() -> None:
    app = open_page(PAGE, beam="3")
    no_fault(app)
    assert "beam of 3" in markup(app)
    assert len(app.selectbox(key="caption").options) == 4
    app.selectbox(key="caption").select(2).run()
    no_fault(app)
    app.slider(key="beam").set_value(1).run()
    no_fault(app)


def test_any_beam_can_be_stepped_through(drawn: list[dict[str, Any]]) -> None:
    first = open_page(PAGE)
    no_fault(first)
    app = open_page(PAGE, caption="number 5 of the beam")
    no_fault(app)
    assert len(drawn) == 2


def test_the_alternatives_come_with_falling_scores(card: zoo.Card) -> None:
    said = generated.generate_captions(card, pickers.scene_at(3), width=5)
    for one in said.values():
        scores = [caption.score for caption in one.beam]
        assert scores == sorted(scores, reverse=True)
        assert len({caption.words for caption in one.beam}) == 5


def test_an_upload_of_any_size_is_captioned(picture_png: bytes) -> None:
    app = open_page(PAGE)
    app.segmented_control(key="source").set_value("upload").run()
    no_fault(app)
    app.file_uploader(key="upload").set_value(("mine.png", picture_png, "image/png")).run()
    no_fault(app)
    assert "Picture: your picture" in texts(app)
    app.file_uploader(key="upload").set_value(("evil.png", b"<svg onload=alert(1)>", "image/png"))
    app.run()
    no_fault(app)
    assert any(e.value.startswith("Expected a PNG") for e in app.error)


def test_an_upload_stays_in_its_session(few_steps: None, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bool] = []
    for name in ("generated", "attention", "attack"):
        module = importlib.import_module(f"trustai.ui.captions.{name}")
        original = module.cached_call

        def listen(*arguments: Any, original: Any = original, **others: Any) -> Any:
            kept.append(others["subject"].private)
            return original(*arguments, **others)

        monkeypatch.setattr(module, "cached_call", listen)
    pixels = (255 * torch.rand(20, 30, 3, generator=torch.Generator().manual_seed(0))).byte()
    own = pickers._of_pixels(pixels.numpy(), "own", "", private=True)
    for view in VIEWS[:2]:
        kept.clear()
        monkeypatch.setattr("trustai.ui.captions.picture.pick_picture", lambda _: own)
        monkeypatch.setattr("trustai.ui.captions.attack.pick_picture", lambda _: own)
        no_fault(open_page(PAGE, view=view))
        assert kept
        assert all(kept), view


def test_a_sample_photograph_keeps_its_shape() -> None:
    app = open_page(PAGE, source="Photo")
    no_fault(app)
    assert "squeezed" in texts(app)


def test_a_network_of_another_kind_says_so_and_steps_aside() -> None:
    app = open_page(PAGE, source="Photo")
    assert "This network never saw a photograph" in " ".join(c.value for c in app.caption)
    app.button(key="other-network").click().run()
    no_fault(app)
    assert app.selectbox(key="model").value == "captions-photos"
    assert "It has never seen" not in " ".join(c.value for c in app.caption)
    assert not [b for b in app.button if b.key == "other-network"]


@pytest.mark.slow
def test_the_smallest_change_is_found_and_a_word_is_said() -> None:
    app = open_page(PAGE, view="Under attack")
    no_fault(app)
    verdicts = [e.value for e in [*app.error, *app.success, *app.info]]
    assert len(verdicts) == 1, "of the chosen word"
    card = pickers.captioners()[pickers.DEFAULT]
    clean = caption_of(card, pickers.FIRST, "en").text
    enough = r"at most \*\*[\d.]+/255\*\* per pixel is enough: “.?"
    assert re.search(enough + re.escape(clean), found_in(app))
    assert "before" in markup(app)
    assert "after" in markup(app)
    app.segmented_control(key="language").set_value("fa").run()
    no_fault(app)
    assert 'lang="fa"' in markup(app)


def test_the_five_worst_are_the_five_lowest(card: zoo.Card, drawn: list[dict[str, Any]]) -> None:
    app = open_page(PAGE, view="Where it fails")
    no_fault(app)
    judged = errors.score_captions(card, "scenes", "en")
    assert len(judged) == 100
    lowest = sorted(judged, key=lambda one: one.bleu)[:5]
    heads = [app.subheader[0].value, *(e.label for e in app.expander if "BLEU" in e.label)]
    assert len(heads) == len(drawn) == 5, "the worst one, and four folded"
    mean = sum(one.bleu for one in judged) / len(judged)
    said = found_in(app)
    assert f"mean BLEU of **{mean:.2f}**. The worst one has **{lowest[0].bleu:.2f}**" in said
    for head, one in zip(heads, lowest, strict=True):
        assert f"test picture {one.index}" in head
        assert f"{one.bleu:.2f}" in head


def test_looking_reading_and_wording_are_told_apart() -> None:
    shown = pickers.scene_at(3)
    assert shown.objects is not None
    phrases = {name: phrase for phrase, name in scenes.PHRASES["en"].items()}
    there = [o.name for o in shown.objects]
    wrong = next(name for name in phrases if name not in there)
    mask = torch.stack([o.mask for o in shown.objects]).any(0)[None].float()
    covered = torch.nn.functional.adaptive_avg_pool2d(mask, (4, 4))

    def said(names: list[str], attention: torch.Tensor) -> str:
        words = tuple(word for name in names for word in phrases[name])
        maps = attention.expand(len(words), 4, 4)
        one = captions.Caption(words, (), maps, (), 0.0, "en", finished=False)
        return errors.fault(one, shown)

    evenly = torch.full((1, 4, 4), 1 / 16)
    assert "the right signs" in said(there, evenly)
    assert "leaves out" in said(there[:1], evenly)
    assert "beside the signs" in said([*there, wrong], evenly)
    assert "beside the signs" in said([*there, there[0]], evenly), "once too often"
    assert "mostly on signs" in said([*there, wrong], covered / covered.sum())


@pytest.mark.parametrize("language", ["English", "Persian"])
def test_a_sentence_of_ones_own_is_normalised(language: str) -> None:
    app = open_page(
        PAGE, view="The words", language=language, corpus="Street scenes, drawn by trustai"
    )
    no_fault(app)
    key = "sentence-fa" if language == "Persian" else "sentence-en"
    app.text_area(key=key).set_value("<script>alert(1)</script> \u0643\u062a\u0627\u0628").run()
    no_fault(app)
    shown = markup(app)
    assert "<script>alert" not in shown
    assert "&lt;script&gt;" in shown
    assert PERSIAN in shown, "the Arabic kaf became the Persian one"
    assert "arabic letter kaf" in texts(app)


def test_a_sentence_stands_beside_its_table_of_indices(card: zoo.Card) -> None:
    app = open_page(PAGE, view="The words", corpus="Street scenes, drawn by trustai")
    no_fault(app)
    vocabulary = pickers.captioner_of(card).vocabulary
    word = vocabulary.words["en"][7]
    app.text_area(key="sentence-en").set_value(f"{word} qqqq {word}").run()
    no_fault(app)
    number = vocabulary.encode(word, language="en")[0]
    numbers = [vocabulary.start("en"), number, UNK, number, END]
    shown = markup(app)
    assert " ".join(map(str, numbers)) in shown
    for entry, index in ((word, number), ("&lt;unk&gt;", UNK), ("&lt;end&gt;", END)):
        assert re.search(rf"{entry}.{{0,40}}</td><td[^>]*>[^0-9]{{0,60}}{index}<", shown), entry
    assert "FastText" in " ".join(e.label for e in app.expander)
    assert "9,063 different Persian words before this step" in texts(app)


def test_how_attention_works_is_told_with_formulas_and_variants() -> None:
    app = open_page(PAGE, view="How attention works", model="Captions of photographs")
    no_fault(app)
    shown = markup(app)
    for term in ("Keys W a", "Query U h", "Context z", "Gate β"):
        assert term in shown
    formulas = [e.value for e in app.latex]
    assert len(formulas) == len(list(ATTENTIONS)) == 4
    assert any("Categorical" in formula for formula in formulas), "hard attention"
    photos = zoo.read_card("captions-photos")
    for name in VARIANTS:
        assert f"{photos.metrics[f'variants/{name}/fa/loss'].value:.3f}" in shown
    best = next(n for n in VARIANTS if photos.metrics[f"variants/{n}/fa/bleu4"].how.get("leader"))
    tied = [n for n in VARIANTS if photos.metrics[f"variants/{n}/fa/bleu4"].how["tied"]]
    assert f"the best variant is “{mechanism.TITLES[best]}”" in texts(app)
    assert ("No other variant is tied with it" in texts(app)) == (tied == [best])
    assert "3.1400" in shown, "the course's test loss"
    assert "quoted" in texts(app)


def test_a_photograph_comes_with_how_often_such_captions_are_right() -> None:
    app = open_page(PAGE, source="Photo", model="Captions of photographs")
    no_fault(app)
    card = pickers.captioners()["captions-photos"]
    table = zoo.measurements(card.id, topic="captions")
    assert table is not None
    name = next(iter(samples.SAMPLES.names()))
    shown = pickers._of_pixels(samples.load(name), "", "", private=False)
    said = generated.generate_captions(card, shown, width=5)["en"].beam[0]
    mean = sum(said.log_probabilities) / len(said.log_probabilities)
    found = such_captions(table, dataset="flickr8k-1000", language="en", log_probability=mean)
    assert found is not None
    assert 0 < found.by_chance < found.precision < 1
    assert f"**{found.precision:.0%}** of the words are right" in texts(app)


def test_the_five_worst_are_shown_where_their_pictures_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawn: list[dict[str, Any]]
) -> None:
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path / "cache"))
    app = open_page(PAGE, view="Where it fails", model="Captions of photographs")
    no_fault(app)
    worst = zoo.measurements("captions-photos", topic="worst")
    assert worst is not None
    rows = worst[(worst["dataset"] == "flickr8k-1000") & (worst["language"] == "en")]
    assert len(rows) == len(drawn) == 5
    shown = markup(app)
    for data, row in zip(drawn, rows.sort_values("place").to_dict("records"), strict=True):
        assert data["words"] == list(row["words"])
        assert all(reference in shown for reference in row["references"])
        assert max(data["maps"][0]["values"][0]) == 1.0


def test_scores_stand_as_on_the_card(card: zoo.Card) -> None:
    app = open_page(PAGE, view="The words", corpus="Street scenes, drawn by trustai")
    no_fault(app)
    shown = markup(app)
    for language in ("en", "fa"):
        assert f"{card.metrics[f'test/{language}/bleu4'].value:.3f}" in shown
    assert "0.2311" in shown, "the course's figure"


def test_a_corpus_that_is_not_here_is_known_by_its_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path / "cache"))
    app = open_page(PAGE, view="The words", corpus="25,014 captions of COCO")
    no_fault(app)
    assert "25,014" in markup(app)
    assert "were made when Captions of photographs" in " ".join(c.value for c in app.caption)


def packed(*names: str, png: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, png)
    return file.getvalue()


def test_own_data_is_checked_and_never_written(picture_png: bytes, tmp_path: Path) -> None:
    app = open_page(PAGE, view="Your own data")
    no_fault(app)
    assert found_in(app).startswith("**100 pictures** of the example have 500 captions in English")
    assert "learn from **80** pictures, choose the best epoch with **10**" in found_in(app)
    pictures = packed(*(f"{i}.png" for i in range(12)), png=picture_png)
    rows = [f"{i}.png,A dog number {i}.,en\n{i}.png,\u0633\u06af {i},fa" for i in range(12)]
    lines = "\n".join(["file,caption,language", *rows]).encode()
    app.file_uploader(key="own-zip").set_value(("all.zip", pictures, "application/zip"))
    app.file_uploader(key="own-captions").set_value(("all.csv", lines, "text/csv")).run()
    no_fault(app)
    assert "**12 pictures** of your own have 12 captions in English" in found_in(app)
    assert "learn from **10** pictures" in found_in(app)
    assert 'lang="fa"' in markup(app)


@pytest.mark.parametrize(
    ("pictures", "lines"),
    [
        (b"no zip at all", b"file,caption,language\na.png,A dog.,en"),
        (b"", b"file,caption,language\n../../a.png,A dog.,en"),
        (b"", b"name,text\na.png,A dog."),
    ],
)
def test_own_data_that_cannot_be_read_costs_a_sentence(
    pictures: bytes, lines: bytes, picture_png: bytes
) -> None:
    app = open_page(PAGE, view="Your own data")
    zip_ = pictures or packed("a.png", png=picture_png)
    app.file_uploader(key="own-zip").set_value(("all.zip", zip_, "application/zip"))
    app.file_uploader(key="own-captions").set_value(("all.csv", lines, "text/csv")).run()
    no_fault(app)
    assert app.error[0].value.startswith("Expected ")


@pytest.mark.slow  # builds EfficientNet-B7
def test_the_command_of_the_page_is_one_that_the_parser_knows() -> None:
    from trustai.train.__main__ import parser
    from trustai.ui.captions.own import COURSE, TRAIN

    command = f"{TRAIN} {COURSE}".removeprefix("python -m trustai.train ")
    known = parser().parse_args(command.split())
    assert known.recipe == "captions-photos"
    with torch.device("meta"):  # shapes, and no numbers
        encoder = build(network=find(known.encoder).network).freeze()
        decoder = zoo.CaptionDecoder(
            vocabulary={"en": ()}, encoder=known.encoder, stages=known.stages, side=known.side,
            channels=1,
        )  # fmt: skip
        maps = captions.Captioner(encoder, decoder).maps(torch.rand(1, 3, 224, 224))
    assert maps.shape == (1, 2560, 7, 7), "the course's annotations"


@pytest.mark.parametrize("view", [view for view in VIEWS[:5] if view != "How attention works"])
def test_every_view_has_its_downloads_and_its_python(view: str) -> None:
    app = open_page(PAGE, view=view)
    no_fault(app)
    labels = {b.label for b in app.get("download_button")}
    assert {"Table (CSV)", "All numbers (JSON)"} <= labels
    for code in app.code:
        compile(code.value, view, "exec")
    assert app.code


def test_the_python_of_the_first_view_runs(capsys: Any) -> None:
    app = open_page(PAGE)
    exec(compile(app.code[0].value, "captions", "exec"), {})
    assert capsys.readouterr().out.strip()


def test_without_a_network_one_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTAI_MODELS", str(tmp_path))
    for view in VIEWS[:5]:
        app = open_page(PAGE, view=view)
        no_fault(app)
        assert "trustai.train captions-scenes" in app.error[0].value.replace("\\", "")
    no_fault(open_page(PAGE, view=VIEWS[5]))


@pytest.mark.parametrize("with_data", [pytest.param(False, marks=pytest.mark.slow), True])
def test_every_view_takes_a_network_of_ones_own(
    card: zoo.Card,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    few_steps: None,
    with_data: bool,
) -> None:
    """One that speaks English only, of pictures that nobody has any more."""
    monkeypatch.setattr(errors, "N", 12)
    if not with_data:
        monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
        monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path / "cache"))
    encoder = card.arguments["encoder"]
    english = card.arguments | {"vocabulary": {"en": card.arguments["vocabulary"]["en"]}}
    torch.manual_seed(0)
    own = zoo.build(card.architecture, **english).freeze()
    models = tmp_path / "models"
    shutil.copytree(zoo.models_dir(), models, ignore=lambda _, names: {
        name for name in names if name in zoo.files.model_ids() and name != encoder
    })  # fmt: skip
    monkeypatch.setenv("TRUSTAI_MODELS", str(models))
    told = {"metrics": {}, "history": {}, "dataset": "own", "title": "captions-own: Of your own"}
    zoo.save(own, dataclasses.replace(card, id="captions-own", arguments=english, **told))
    for view in VIEWS:
        app = open_page(PAGE, view=view)
        no_fault(app)
        assert not [e.value for e in app.error if e.value.startswith("Expected")], view


def test_texts_of_people_are_escaped() -> None:
    for language in LANGUAGES.names():
        told = sentences.marked('<img src=x onerror="alert(1)">', language)
        assert "<img" not in told
        assert f'dir="{LANGUAGES.get(language).direction}"' in told


def test_persian_words_stand_on_the_right_of_their_bars() -> None:
    counts = [("\u0633\u06af", 7), ("\u06af\u0631\u0628\u0647", 3)]
    persian = plots_captions.frequent_words(counts, language="fa")
    english = plots_captions.frequent_words([("dog", 7), ("cat", 3)], language="en")
    assert persian.layout.yaxis.side == "right"
    assert persian.layout.xaxis.range[0] > persian.layout.xaxis.range[1]
    assert english.layout.yaxis.side == "left"
    assert list(english.data[0].y) == ["cat", "dog"], "the most frequent on top"


def test_long_captions_share_the_last_bar() -> None:
    figure = plots_captions.lengths({"en": {5: 2, 40: 1, 90: 1}})
    assert list(figure.data[0].x) == [5, plots_captions.LONGEST]
    assert list(figure.data[0].y) == [0.5, 0.5]


def test_a_map_is_sent_as_shares_of_its_highest_cell() -> None:
    sent = word_strip._shares(torch.tensor([[[0.0, 2.0], [1.0, 4.0]], [[0, 0], [0, 0]]]))
    assert sent == [[0.0, 0.5, 0.25, 1.0], [0.0] * 4]
