"""Every "Try this" link of every page, opened: what its text names is on the screen."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from google.protobuf import text_format  # type: ignore[import-untyped]
from streamlit.testing.v1 import AppTest

from tests.app.pages import ROOT, TIMEOUT, no_fault

BOTH = ['"adversarially trained"', '"standard"']  # columns of a table
# By page, in order: the question's first words, and what its text sends a person to.
NAMED: dict[str, list[tuple[str, list[str]]]] = {
    "attack": [
        ("Why is a one-step attack", ["with FGSM", "8/255", "PGD"]),
        ("Does training against attacks", ["adversarially trained", "standard", "with PGD"]),
        ("Why does noise not fool", ["**Random noise**", "**PGD**", "at most 8/255 in both"]),
    ],
    "captions": [
        ("Is attention an explanation?", ["Click a word", "Grad-CAM", "blurred", "English"]),
        ("The worst captions", ["Captions of photographs", "1. BLEU", "what was written about it"]),
        (
            "What do hard attention",
            ["Hard attention", "Scheduled sampling, linear", "Learning curves", "test loss"],
        ),
    ],
    "backdoor": [
        ("How can a network be right", ["With the trigger", "99.9%", "speed limit 80"]),
        ("How few poisoned", ["without poison it is", "And with"]),
        ("What cannot be learned", ["Train the network", "Which part learns"]),
        ("Does an explanation find", ["inside the sticker", "The sticker covers"]),
        ("Does an attacker who knows", ["ranks them with an AUROC"]),
        ("Does a sticker need", ["No training picture was poisoned", "This is the sticker itself"]),
    ],
    "diabetes": [
        ("Where do LIME and SHAP agree", ["**LIME**", "**SHAP", "All methods side by side"]),
        ("Does the interpretable", ["The curves of the interpretable additive model", "accuracy"]),
        ("How does the probability move", ["From the patient to", "The largest change", "grace"]),
    ],
    "fairness": [
        ("Sex and race are no inputs", ["By sex", "Female", "threshold", "no repair"]),
        ("Which figures show", ["Income above 50,000 dollars, by sex", "p%-rule"]),
        ("What does the adversary", ["adversary's AUC", "By race"]),
        ("Why does fairness cost", ["The price", "80 % rule"]),
        ("Why does one definition", ["Equalise:", "equal opportunity", "predictive parity"]),
        ("Is it a test of fairness", ["only sex changed", "all that depends on sex"]),
        ("Does the same probability", ["4.4", "what the network says and what is true"]),
        ("Does a low p%-rule", ["Criteria between the groups", "value (95 % interval)"]),
    ],
    "features": [
        ("Why is the plain picture", ["class “stop”", "the score of the class", "Plain ascent"]),
        ("What do total variation", ["hen", "Plain ascent", "total variation", "a random shift"]),
        ("Does adversarial training", ["class “stop”", "Road signs, adversarially trained"]),
    ],
    "models": [
        ("Which classes does adversarial", ["Accuracy per class", *BOTH]),
        ("Which classes does a network", ["Confusion matrix"]),
        ("How hard is a data set", ["Road signs, standard", "PGD-20"]),
    ],
    "ood": [
        ("Why do the two thresholds", ["without cats", "without frogs", "thresholds differ?"]),
        ("Is plain confidence", ["Every score against", "Maximum softmax probability"]),
        ("Does a rejected picture", ["epsilon", "makes it accept", "Random noise of the same"]),
    ],
    "representation": [
        ("Does corruption make", ["**standard**", "**adversarially trained**", "silhouette"]),
        ("Why is the angular loss", ["**angular loss**", "**circle loss**", "silhouette"]),
        ("What does an attack do", ["**standard**", "**adversarially trained**", "softmax"]),
    ],
    "saliency": [
        ("Does adversarial training", ["At epsilon 8/255", "The adversarially trained network"]),
        ("Why is guided", ["**Gradient**", "**Guided backpropagation**"]),
        ("Does the map change", ["**As trained**", "**+ Head**", "rank correlation"]),
    ],
}  # fmt: skip
SLOW = {("features", 0), ("features", 1), ("features", 2)}
MISSING = re.compile(r"(not|never) measured|not on this (machine|computer)", re.IGNORECASE)
"""What a page may say only where the real data sets are missing, as on a user's machine."""


def _elements(block: Any) -> Iterator[Any]:
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from _elements(child)


def _links(app: AppTest) -> list[tuple[str, str]]:
    """Query and question of each link of the row."""
    row = next(
        e.proto.body
        for e in _elements(app.main)
        if e.type == "html" and "trustai-tries" in e.proto.body
    )
    found = re.findall(r'href="\?([^"]*)"><b>(.*?)</b>', row)
    return [(html.unescape(query), html.unescape(question)) for query, question in found]


def _screen(app: AppTest) -> str:
    """All that the browser is given, without the row of links itself."""
    return "\n".join(
        text_format.MessageToString(e.proto, as_utf8=True)
        for e in _elements(app.main)
        if getattr(e, "proto", None) is not None
        and not (e.type == "html" and "trustai-tries" in e.proto.body)
    )


def _page(topic: str) -> AppTest:
    return AppTest.from_file(str(ROOT / "pages" / f"{topic}.py"), default_timeout=3 * TIMEOUT)


@pytest.fixture(scope="module")
def links() -> dict[str, list[tuple[str, str]]]:
    """Those of every page; a view that nobody has costs no computing."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trustai.ui.kit.frame.views._draw", lambda _: None)
        for topic in NAMED:
            found[topic] = _links(_page(topic).run())
    return found


def test_every_link_is_looked_at(links: dict[str, list[tuple[str, str]]]) -> None:
    for topic, named in NAMED.items():
        questions = [question for _, question in links[topic]]
        assert len(questions) == len(named)
        for (beginning, _), question in zip(named, questions, strict=True):
            assert question.startswith(beginning)


@pytest.mark.parametrize(
    ("topic", "number"),
    [
        pytest.param(topic, i, marks=[pytest.mark.slow] if (topic, i) in SLOW else [])
        for topic, named in NAMED.items()
        for i in range(len(named))
    ],
)
def test_what_the_text_names_is_on_the_screen(
    topic: str, number: int, links: dict[str, list[tuple[str, str]]]
) -> None:
    app = _page(topic)
    asked = parse_qs(links[topic][number][0])
    for key, values in asked.items():
        app.query_params[key] = values
    app.run()
    no_fault(app)
    on_top = app.markdown[1]
    assert html.unescape(links[topic][number][1]) in on_top.value.replace("\\", "")
    # The question and its hint name the same things: they do not count.
    screen = _screen(app).replace(text_format.MessageToString(on_top.proto, as_utf8=True), "")
    assert on_top.value not in screen
    for text in NAMED[topic][number][1]:
        assert text in screen.replace("\\", ""), text
    if os.environ.get("TRUSTAI_DATA"):
        assert not MISSING.search(screen), "nothing to see"
    for key, values in asked.items():
        # Streamlit takes an unknown choice out of the address, and one that is the default.
        assert key in app.query_params or values[0] in screen, f"{key}={values} is no choice"


def test_a_question_is_closed_and_a_number_of_none_shows_nothing() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trustai.ui.kit.frame.views._draw", lambda _: None)
        app = _page("attack")
        app.query_params["question"] = "2"
        app.run()
        assert "Does training against attacks help" in app.markdown[1].value
        app.button(key="close-question").click().run()
        assert "question" not in app.query_params
        assert len(app.markdown) == 1
        for hostile in ("0", "99", "-1", "<b>", "1e999"):
            app.query_params["question"] = hostile
            app.run()
            no_fault(app)
            assert len(app.markdown) == 1


def test_the_first_question_on_captions_keeps_the_language_of_the_page(
    links: dict[str, list[tuple[str, str]]],
) -> None:
    assert "language" not in parse_qs(links["captions"][0][0])
