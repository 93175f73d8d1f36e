"""Our number formats against Babel's strict parsing of numbers in the formats of many countries."""

from __future__ import annotations

import re

import pytest
from babel.numbers import format_decimal, parse_decimal
from hypothesis import assume, given
from hypothesis import strategies as st

from trustai.data.tables.number_formats import DecimalMark, fitting, read_number

LOCALES: dict[str, DecimalMark] = {
    "en_US": ".",
    "de_DE": ",",
    "fr_FR": ",",
    "de_CH": ".",
    "pt_BR": ",",
    "ru_RU": ",",
    "ja_JP": ".",
    "sv_SE": ",",
}


@pytest.mark.parametrize("locale", LOCALES)
@given(st.decimals(-(10**9), 10**9, places=2))
def test_what_babel_writes_for_a_country_is_read_with_its_decimal_mark(
    locale: str, value: object
) -> None:
    written = format_decimal(value, locale=locale)  # type: ignore[arg-type]
    # Babel 2.19 writes 10**9 of de_CH as 1000000'000, which is a number of no country.
    groups = re.split(r"\D", written.lstrip("-−").split(LOCALES[locale])[0])
    assume(len(groups) == 1 or len(groups[0]) <= 3)
    found = read_number(written, decimal=LOCALES[locale])
    assert found is not None
    assert found.value == pytest.approx(float(parse_decimal(written, locale=locale, strict=True)))
    assert found.value == pytest.approx(float(value))  # type: ignore[arg-type]
    assert LOCALES[locale] in fitting([written]) or found.value == int(found.value)


@pytest.mark.parametrize("system", ["arabext", "arab"])
@given(st.decimals(-(10**9), 10**9, places=2))
def test_persian_and_arabic_numbers(system: str, value: object) -> None:
    locale = {"arabext": "fa_IR", "arab": "ar_EG"}[system]
    written = format_decimal(value, locale=locale, numbering_system=system)  # type: ignore[arg-type]
    for mark in (".", ","):  # their separators can only mean one thing
        found = read_number(written, decimal=mark)
        assert found is not None
        assert found.value == pytest.approx(float(value))  # type: ignore[arg-type]


@given(st.from_regex(r"[0-9]{1,3}([.,][0-9]{1,3}){1,3}", fullmatch=True))
def test_a_number_that_babel_refuses_in_english_is_refused_with_a_point(cell: str) -> None:
    found = read_number(cell, decimal=".")
    if found is not None and not cell.startswith("0"):  # strict about zeros in front
        assert float(parse_decimal(cell, locale="en_US")) == found.value
    try:
        value = parse_decimal(cell, locale="en_US", strict=True)
    except ValueError:
        return
    assert found is not None
    assert found.value == float(value)
