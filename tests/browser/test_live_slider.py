"""The live slider under a real mouse, keyboard and finger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from PIL import Image

from trustai.plots import colours as palette

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).with_name("live_slider_app.py")
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def url(chromium: Any, serve: Callable[[Path], str]) -> str:
    # `chromium` comes first: without a browser no server is started.
    return serve(SCRIPT)


@pytest.fixture
def open_page(open_page: Open) -> Open:
    """As everywhere, and then until the component itself has drawn, which may be a moment later."""

    def open_(*args: Any, **how: Any) -> Any:
        page = open_page(*args, **how)
        page.locator(".live .figure .number").first.wait_for()
        return page

    return open_


def _now(page: Page) -> str:
    return page.locator(".live .now").inner_text()


def _handle(page: Page) -> tuple[float, float]:
    """Where the handle is: the slider's track and the plot's axis are one line."""
    box = page.locator(".live .marker").bounding_box()
    rail = page.locator(".live input[type=range]").bounding_box()
    assert box is not None
    assert rail is not None
    return box["x"] + box["width"] / 2, rail["y"] + rail["height"] / 2


def _server_says(page: Page, value: str) -> None:
    page.get_by_text(f"server: {value} after").wait_for(timeout=15_000)


def test_everything_follows_while_the_button_is_down(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?eps=1")
    assert _now(page) == "1/255"
    number = page.locator(".live .figure .number").first
    before = number.inner_text()
    flipped = page.locator(".live .tile.flipped")
    assert flipped.count() == 3
    runs = page.get_by_text("server:").inner_text()

    x, y = _handle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    seen = set()
    for step in range(1, 41):
        page.mouse.move(x + 10 * step, y)
        seen.add(_now(page))
    # The button is still down: the browser has moved everything, the server knows nothing.
    assert len(seen) >= 4
    assert _now(page) != "1/255"
    assert number.inner_text() != before
    assert flipped.count() > 3
    count = page.locator(".live .tiles-head .count").inner_text()
    assert count == f"{flipped.count()} of 10 fooled"
    assert "eps=1" in page.url
    assert page.get_by_text("server:").inner_text() == runs

    released_at = _now(page)
    page.mouse.up()
    value = released_at.removesuffix("/255")
    page.wait_for_url(f"**eps={value}")
    _server_says(page, value)
    assert _now(page) == released_at, "the answer of the server must not move the handle"


def test_films_show_the_picture_of_the_value(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?eps=0.5")
    films = page.locator(".live .film")
    assert films.locator(".text").all_inner_texts() == ["picture 2", "picture 6"]
    first = films.locator("img").first.get_attribute("src")
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    assert films.locator(".text").all_inner_texts() == ["picture 3", "picture 7"]
    assert films.locator("img").first.get_attribute("src") != first
    page.keyboard.press("ArrowLeft")
    assert films.locator("img").first.get_attribute("src") == first


def test_the_url_opened_again_gives_the_same_view(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?eps=6")
    assert _now(page) == "6/255"
    _server_says(page, "6")


@pytest.mark.parametrize("query", ["eps=nonsense", "eps=nan"])
def test_a_url_that_is_no_number_gives_the_default(url: str, open_page: Open, query: str) -> None:
    assert _now(open_page(f"{url}/?{query}")) == "2/255"


def test_arrow_keys_move_from_value_to_value(url: str, open_page: Open) -> None:
    page = open_page(url)
    slider = page.get_by_role("slider")
    slider.focus()
    for key, expected in [("ArrowRight", "3/255"), ("ArrowRight", "4/255"), ("ArrowLeft", "3/255"),
                          ("Home", "0/255"), ("End", "16/255")]:  # fmt: skip
        page.keyboard.press(key)
        assert _now(page) == expected
        assert slider.get_attribute("aria-valuetext").startswith(expected)
    _server_says(page, "16")
    page.wait_for_url("**eps=16")


def test_back_at_the_default_the_url_is_bare(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?eps=3")
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    _server_says(page, "2")
    page.wait_for_function("!location.search.includes('eps')")


def test_a_press_in_the_plot_takes_the_marker_there(url: str, open_page: Open) -> None:
    page = open_page(url)
    box = page.locator(".live .plot > svg").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 100)
    page.mouse.down()
    assert _now(page) not in ("2/255", "0/255", "16/255")
    page.mouse.move(box["x"] + box["width"], box["y"] + 100)
    assert _now(page) == "16/255"
    page.mouse.up()
    _server_says(page, "16")


def test_a_finger_on_a_phone(url: str, open_page: Open) -> None:
    page = open_page(url, width=390, height=844)
    slider = page.get_by_role("slider")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.touchscreen.tap(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    _server_says(page, "16" if _now(page) == "16/255" else _now(page).removesuffix("/255"))
    assert _now(page) != "2/255"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_words_of_a_user_stay_words(url: str, open_page: Open) -> None:
    word = "<img src=x onerror='window.hit=1'>"
    page = open_page(f"{url}/?word={quote(word)}")
    assert page.locator(".live .tile .title").last.inner_text() == f"truth: {word}"
    assert page.evaluate("window.hit") is None
    sources = page.locator(".live img").evaluate_all("all => all.map(one => one.src.slice(0, 22))")
    assert sources
    assert set(sources) == {"data:image/png;base64,"}


def test_the_colours_follow_the_theme(url: str, open_page: Open) -> None:
    def colours(dark: bool) -> list[str]:
        numbers = open_page(url, dark=dark).locator(".live .figure .number")
        return numbers.evaluate_all("all => all.map(one => getComputedStyle(one).color)")

    light, dark = colours(False), colours(True)
    assert light[0] == f"rgb{palette.rgb(palette.ATTACKED)}"
    assert dark[0] == f"rgb{palette.rgb(palette.on_dark(palette.ATTACKED))}"


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_jumps_while_it_moves(url: str, open_page: Open, width: int) -> None:
    page = open_page(url, width=width, height=844)
    heights = set()
    page.get_by_role("slider").focus()
    page.keyboard.press("Home")
    for _ in range(13):
        heights.add(page.locator(".live").bounding_box()["height"])
        page.keyboard.press("ArrowRight")
    assert len(heights) == 1


@pytest.mark.parametrize("dark", [False, True])
def test_the_curves_are_saved_as_they_are_seen(
    url: str, open_page: Open, tmp_path: Path, dark: bool
) -> None:
    page = open_page(url, dark=dark)
    with page.expect_download() as download:
        page.get_by_role("button", name="Curves as PNG").click()
    assert download.value.suggested_filename == "eps.png"
    download.value.save_as(tmp_path / "eps.png")
    picture = Image.open(tmp_path / "eps.png").convert("RGB")
    plot = page.locator(".live .plot > svg").bounding_box()
    assert abs(picture.width - 2 * plot["width"]) <= 2
    found = {colour for _, colour in picture.getcolors(picture.width * picture.height)}
    line = palette.on_dark(palette.ATTACKED) if dark else palette.ATTACKED
    assert palette.rgb(line) in found
    background = picture.getpixel((0, 0))
    assert (sum(background) < 200) if dark else (background == (255, 255, 255))
