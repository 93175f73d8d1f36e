"""Addresses in Chromium: whose parameters they are, the history, uploads, hostile values."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.chromium import ROOT, wait_until_ready

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
Open = Callable[..., "Page"]
Serve = Callable[..., str]

SIGNS = "Road signs, standard"


@pytest.fixture
def opened(serve: Serve, open_page: Open) -> Callable[[str], Page]:
    """``opened("/attack?picture=7")``: that address of the app, opened cold."""
    return lambda address: open_page(serve(ROOT / "app.py") + address)


def _parts(page: Page) -> tuple[str, dict[str, str]]:
    """Path and parameters of the address."""
    found = urlsplit(page.url)
    return found.path, dict(parse_qsl(found.query, keep_blank_values=True))


def _shows(page: Page, path: str, **parameters: str) -> None:
    """The address is exactly this one, once the page is ready."""
    page.wait_for_function("path => location.pathname === path", arg=path)
    page.wait_for_timeout(200)  # a run begins a moment after the address has changed
    wait_until_ready(page)
    assert _parts(page) == (path, parameters)


def _menu(page: Page, title: str, path: str, **parameters: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_text(title, exact=True).click()
    _shows(page, path, **parameters)


def _scene(page: Page, number: int) -> None:
    page.get_by_text(f"test scene {number}.").first.wait_for()


def _type_scene(page: Page, number: int) -> None:
    field = page.get_by_label("Test picture, 0 to").first
    field.fill(str(number))
    field.press("Enter")
    _scene(page, number)
    _shows(page, "/captions", picture=str(number))


@pytest.mark.slow
def test_every_page_owns_its_parameters(opened: Callable[[str], Page]) -> None:
    page = opened("/attack?picture=77&model=Road+signs%2C+standard")
    page.get_by_text("test picture 77.").wait_for()
    _menu(page, "Captions", "/captions")
    _scene(page, 3)
    _type_scene(page, 9)
    _menu(page, "Table explanations", "/diabetes")
    page.get_by_text("Patient, 0 to").wait_for()
    _menu(page, "Attack playground", "/attack", picture="77", model=SIGNS)
    page.get_by_text("test picture 77.").wait_for()
    _menu(page, "Captions", "/captions", picture="9")
    _scene(page, 9)


def test_a_page_whose_widgets_stand_at_their_default_is_at_its_default_again(
    opened: Callable[[str], Page],
) -> None:
    """The default of one page is another's choice: it must not travel either."""
    page = opened("/captions")
    _scene(page, 3)
    _menu(page, "Attack playground", "/attack")
    page.get_by_text("is enough: the network says").wait_for()
    _menu(page, "Captions", "/captions")
    _scene(page, 3)


@pytest.mark.slow
def test_a_slider_does_not_move_the_slider_of_another_page(opened: Callable[[str], Page]) -> None:
    page = opened("/attack?view=Accuracy+against+epsilon&data=CIFAR-10&eps=3")
    moved = page.locator(".live .now").inner_text()
    assert moved == "3/255"
    _menu(page, "Image explanations", "/saliency")
    _menu(
        page, "Attack playground", "/attack", view="Accuracy against epsilon", data="CIFAR-10",
        eps="3",
    )  # fmt: skip
    assert page.locator(".live .now").inner_text() == moved


def test_views_pickers_and_sliders_leave_one_entry_each(opened: Callable[[str], Page]) -> None:
    curves = {"view": "Accuracy against epsilon"}
    page = opened("/attack")
    page.get_by_text("Noise and corruptions").click()
    _shows(page, "/attack", view="Noise and corruptions")
    page.get_by_text(curves["view"]).click()
    _shows(page, "/attack", **curves)
    page.get_by_label("Test pictures").click()
    page.get_by_role("option", name="CIFAR-10").click()
    page.wait_for_url(re.compile("data="))
    _shows(page, "/attack", **curves, data="CIFAR-10")
    page.get_by_role("slider").first.focus()
    page.keyboard.press("End")
    page.wait_for_url(re.compile("eps="))
    wait_until_ready(page)
    _, moved = _parts(page)
    assert moved.keys() == {"view", "data", "eps"}

    page.go_back()
    _shows(page, "/attack", **curves, data="CIFAR-10")
    page.go_back()
    _shows(page, "/attack", **curves)
    # The address goes back at once, and the run that follows it may begin later.
    expect(page.get_by_label("Test pictures").first).not_to_have_value(re.compile("CIFAR-10"))
    page.go_back()
    _shows(page, "/attack", view="Noise and corruptions")
    page.get_by_text("Random noise of 8/255 per pixel").wait_for()
    page.go_back()
    _shows(page, "/attack")
    page.get_by_text("is enough: the network says").wait_for()
    for _ in range(4):
        page.go_forward()
        page.wait_for_timeout(300)
        wait_until_ready(page)
    _shows(page, "/attack", **moved)


@pytest.mark.slow
def test_back_from_another_page_restores_the_choice(opened: Callable[[str], Page]) -> None:
    """Also where the page that is left binds the same keys (Streamlit's issue 9279)."""
    page = opened("/captions")
    _type_scene(page, 9)
    _menu(page, "Attack playground", "/attack")
    _menu(page, "Captions", "/captions", picture="9")
    _menu(page, "Model zoo", "/models")
    page.go_back()
    _shows(page, "/captions", picture="9")
    _scene(page, 9)
    page.go_back()
    _shows(page, "/attack")
    page.get_by_text("is enough: the network says").wait_for()
    page.go_back()
    _shows(page, "/captions", picture="9")
    _scene(page, 9)
    page.go_back()
    _shows(page, "/captions")
    _scene(page, 3)
    page.go_forward()
    _shows(page, "/captions", picture="9")
    _scene(page, 9)


@pytest.fixture
def mine(tmp_path: Path) -> str:
    path = tmp_path / "mine.png"
    pixels = np.random.default_rng(1).integers(0, 256, (80, 110, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return str(path)


HELD = "In use: the picture that you uploaded before."
GONE = "this session has none"


def _take_upload(page: Page) -> None:
    page.get_by_role("radio", name="Upload").first.click()
    page.get_by_text(HELD).wait_for()
    wait_until_ready(page)


def test_an_upload_stays_for_the_session_and_its_loss_is_said(
    opened: Callable[[str], Page], mine: str
) -> None:
    page = opened("/attack?source=Upload")
    page.get_by_text(GONE).wait_for()
    page.locator('input[type="file"]').set_input_files(mine)
    page.get_by_text("Picture: your picture").wait_for()
    wait_until_ready(page)
    assert page.get_by_text(GONE).count() == 0

    _menu(page, "Captions", "/captions")
    _take_upload(page)
    page.get_by_text("Picture: your picture").first.wait_for()
    _menu(page, "Spotting unfamiliar inputs", "/ood")
    page.get_by_text("Your own picture", exact=True).click()
    page.wait_for_url(re.compile("view="))
    wait_until_ready(page)
    _take_upload(page)
    page.get_by_text("Picture: your picture").wait_for()
    _menu(page, "Attack playground", "/attack", source="Upload")
    page.get_by_text(HELD).wait_for()
    page.get_by_text("Picture: your picture").wait_for()

    page.reload()
    wait_until_ready(page)
    _shows(page, "/attack", source="Upload")
    page.get_by_text(GONE).wait_for()
    page.get_by_text("this is a sample photograph").wait_for()


@pytest.mark.slow
def test_an_upload_is_forgotten_when_asked(opened: Callable[[str], Page], mine: str) -> None:
    page = opened("/attack?source=Upload")
    page.locator('input[type="file"]').set_input_files(mine)
    page.get_by_text("Picture: your picture").wait_for()
    wait_until_ready(page)
    _menu(page, "Model zoo", "/models")
    _menu(page, "Attack playground", "/attack", source="Upload")
    page.get_by_role("button", name="Forget it").click()
    page.get_by_text("this is a sample photograph").wait_for()
    page.get_by_text("Picture: your picture").wait_for(state="detached")


@pytest.mark.parametrize(
    "address",
    [
        "/attack?model=Road+signs%2C+standard&picture=inf",
        "/diabetes?seed=-inf&patient=1e999",
        pytest.param("/features?what=channel&channel=1e999", marks=pytest.mark.slow),
        "/captions?picture=nan",
        "/attack?view=Accuracy+against+epsilon&eps=inf",
        "/attack?view=Noise+and+corruptions&severity=inf",
        "/attack?view=no+such+view&source=&square=&model=Road+signs%2C+standard"
        "&picture=99999999999999999999",
    ],
)
def test_hostile_values_leave_the_address(address: str, opened: Callable[[str], Page]) -> None:
    page = opened(address)
    page.wait_for_timeout(500)
    wait_until_ready(page)
    assert page.get_by_text("Something went wrong").count() == 0
    assert page.get_by_test_id("stException").count() == 0
    hostile = re.compile(r"inf|nan|1e999|no such|9{9}|^$")
    assert not [v for v in _parts(page)[1].values() if hostile.search(v)], page.url
