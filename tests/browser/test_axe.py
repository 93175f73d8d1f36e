"""Every view in both themes: no serious violation by axe-core, no pale text, nothing nameless."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.browser.axe import Violation, nameless, pale_text, violations
from tests.browser.chromium import ROOT
from tests.browser.photograph import DRAWN, VIEWS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


class Streamlits(NamedTuple):
    """A violation of Streamlit itself (1.67) that cannot be mended from outside.

    Attributes:
        rule: axe-core's.
        within: A piece of the element's HTML.
        reason: Why it stays.
    """

    rule: str
    within: str
    reason: str


ACCEPTED: tuple[Streamlits, ...] = ()

# Every view takes minutes: the quick run looks at one page of each kind.
QUICK = ("home", "models", "attack")


def _accepted(one: Violation) -> bool:
    return any(one.rule == known.rule and known.within in one.text for known in ACCEPTED)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[] if n in QUICK else [pytest.mark.slow]) for n in VIEWS],
)
def test_nothing_is_pale_or_nameless(
    name: str, serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    from playwright.sync_api import TimeoutError

    page = open_page(serve(ROOT / "app.py") + VIEWS[name])
    with contextlib.suppress(TimeoutError):  # what is folded away stays a placeholder
        page.wait_for_function(DRAWN, timeout=8_000)
    page.wait_for_timeout(1_500)  # charts draw after the script has run
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(800)
        found = [f"{v.rule} {v.text}" for v in violations(page) if not _accepted(v)]
        found += [f"pale: {text}" for text in pale_text(page)]
        found += [f"nameless: {text}" for text in nameless(page)]
        assert not found, f"{name}, {scheme}:\n" + "\n".join(found)
