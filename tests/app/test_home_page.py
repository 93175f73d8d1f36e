"""The home page and the menu in Streamlit's own test runner."""

from __future__ import annotations

import ast
import re

from streamlit.testing.v1 import AppTest

from tests.app.pages import ROOT, TIMEOUT, no_fault, open_page, texts
from trustai import zoo
from trustai.ui.home.findings import epsilon_sentence, faithfulness_sentence
from trustai.ui.home.path import STEPS
from trustai.ui.kit.site import PAGES


def test_the_menu_opens_the_home_page() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT).run()
    no_fault(app)
    assert app.title[0].value == "trustai"


def test_every_page_hands_over_to_the_app() -> None:
    files = {p.stem: p.read_text(encoding="utf-8") for p in (ROOT / "pages").glob("*.py")}
    assert files.keys() == {info.topic for info in PAGES}
    assert all("\nkit.hand_over(__file__)\n" in text for text in files.values())


def test_the_menu_and_the_page_call_it_by_one_name() -> None:
    for info in PAGES:
        heads = [
            node.args[0].value
            for node in ast.walk(ast.parse((ROOT / info.file).read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "kit.page"
            and isinstance(node.args[0], ast.Constant)
        ]  # fmt: skip
        assert heads == [info.title if info.url else "trustai"]


def views_of(topic: str) -> set[str]:
    """Titles of the views of a page."""
    page = ast.parse((ROOT / "pages" / f"{topic}.py").read_text(encoding="utf-8"))
    calls = [n for n in ast.walk(page) if isinstance(n, ast.Call)]
    return {str(ast.literal_eval(n.args[0])) for n in calls if ast.unparse(n.func) == "kit.View"}


def test_five_steps_lead_to_views_that_exist() -> None:
    assert len(STEPS) == 5
    assert {step.topic for step in STEPS} <= {info.url for info in PAGES}
    for step in STEPS:
        if "view" in step.url_params:
            assert step.url_params["view"] in views_of(step.topic)


def test_the_sentence_on_epsilon_says_what_was_measured() -> None:
    smallest = {}
    for name in ("cifar10-resnet18", "cifar10-resnet18-adversarial"):
        table = zoo.measurements(name)
        assert table is not None
        smallest[name] = table["pgd_linf_eps"]
    standard, trained = (round(100 * (eps > 3).mean()) for eps in smallest.values())
    said = epsilon_sentence()
    assert f"names {standard} of 100 pictures correctly" in said
    assert f"names {trained}." in said
    assert f"all {len(table):,} test pictures" in said
    assert trained > standard + 30, "the point of the sentence"


def test_the_sentence_on_faithfulness_says_what_was_measured() -> None:
    numbers = [int(word) for word in re.findall(r"\d+ ", faithfulness_sentence())]
    pictures, better, judged = numbers[0], numbers[-2], numbers[-1]
    card = zoo.read_card("imagenet-efficientnet-lite0")
    leads = [n for n in card.metrics if re.fullmatch(r"saliency/\w+/lead", n)]
    assert pictures >= 20
    assert 0 < better < judged <= len(leads)


def test_the_path_and_the_findings_come_first_and_the_lists_are_folded() -> None:
    app = open_page("home")
    no_fault(app)
    assert [one.value for one in app.subheader][:2] == [
        "New here? Start with these five steps",
        "What other tools do not show",
    ]
    steps = next(e.proto.body for e in app.get("html") if "trustai-path" in e.proto.body)
    assert [f'href="{step.topic}' in steps for step in STEPS] == [True] * 5
    assert not any(one.proto.expanded for one in app.expander)
    shown = texts(app)
    for info in PAGES:
        assert (f"#### {info.title}" in shown) == (info.section not in {"Start", "Reference"})
