"""The registry behind every menu."""

from __future__ import annotations

import pytest

from trustai.registry import Registry, did_you_mean


@pytest.fixture
def registry() -> Registry[int]:
    entries: Registry[int] = Registry("number")
    entries.add("two", 2)
    entries.add("one", 1)
    return entries


def test_keeps_the_order_of_registration(registry: Registry[int]) -> None:
    assert registry.names() == ["two", "one"]
    assert list(registry) == [("two", 2), ("one", 1)]


def test_get_returns_the_entry(registry: Registry[int]) -> None:
    assert registry.get("one") == 1


def test_unknown_name_is_one_sentence_with_a_hint(registry: Registry[int]) -> None:
    with pytest.raises(ValueError, match="expected number") as caught:
        registry.get("onne")
    assert str(caught.value) == (
        "expected number to be one of two, one, got 'onne' (did you mean 'one'?)"
    )


def test_a_name_is_taken_once(registry: Registry[int]) -> None:
    with pytest.raises(RuntimeError, match="'one' is registered twice"):
        registry.add("one", 3)
    assert registry.get("one") == 1


def test_decorator_registers_and_returns_the_function() -> None:
    functions: Registry[object] = Registry("function")

    @functions.register("double")
    def double(x: int) -> int:
        return 2 * x

    assert functions.get("double") is double
    assert double(3) == 6


def test_callers_cannot_change_the_list_of_names(registry: Registry[int]) -> None:
    registry.names().clear()
    assert registry.names() == ["two", "one"]


@pytest.mark.parametrize(
    ("name", "hint"), [("fgms", " (did you mean 'fgsm'?)"), ("xyzzy", ""), ("", "")]
)
def test_hint_only_for_close_names(name: str, hint: str) -> None:
    assert did_you_mean(name, ["fgsm", "pgd_linf"]) == hint
