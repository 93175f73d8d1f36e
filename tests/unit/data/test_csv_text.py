"""Parsing of an uploaded CSV: a grid of short texts, or one clear sentence."""

from __future__ import annotations

import csv
import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustai.data.tables import csv_text
from trustai.data.tables.csv_text import (
    defused,
    read_grid,
    shown,
    tidy,
)
from trustai.data.tables.encodings import assumed

GOOD = b"age,sugar\n41,5.5\n38,6.1\n"


def test_cells_names_and_rows() -> None:
    grid = read_grid(GOOD)
    assert grid.names == ("age", "sugar")
    assert grid.columns == (("41", "38"), ("5.5", "6.1"))
    assert grid.row_numbers == (2, 3)
    assert grid.notes == ()
    assert len(grid.sha256) == 64


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("age;sugar\n41;5.5\n38;6.1\n", ("separated by semicolons",)),
        ("age\tsugar\n41\t5.5\n38\t6.1\n", ("separated by tabs",)),
        ("age|sugar\n41|5.5\n38|6.1\n", ("separated by vertical bars",)),
        (' age , "sugar"\r\n41,5.5\r\n\r\n38, 6.1 \r\n', ()),
        ("age,sugar\r41,5.5\r38,6.1", ()),
        ("\ufeffage,sugar\n41,5.5\n38,6.1\n,\n", ()),
    ],
    ids=["semicolon", "tab", "vertical bar", "windows", "old mac", "byte order mark"],
)
def test_dialects_give_the_same_cells(text: str, notes: tuple[str, ...]) -> None:
    grid = read_grid(text.encode())
    assert grid.names == ("age", "sugar")
    assert grid.columns == (("41", "38"), ("5.5", "6.1"))
    assert grid.notes == notes


def test_utf_16_as_excel_writes_it() -> None:
    assert read_grid("مرکز,سن\nتهران,41\n".encode("utf-16")).columns == (("تهران",), ("41",))


TEXTS = {
    "cp1252": ("Größe,Café\nMüller,naïve\nJosé,Åse\n", "Western European"),
    "cp1256": ("نام,شهر\nعلي,تهران\nژاله,شيراز\n", "Persian and Arabic"),
    "cp1251": ("имя,город\nИван,Москва\nАнна,Казань\n", "Cyrillic"),
    "cp1253": ("όνομα,πόλη\nΓιώργος,Αθήνα\n", "Greek"),
    "shift_jis": ("名前,都市\n田中,東京\nさとう,大阪\n", "Japanese"),
    "gb18030": ("姓名,城市\n张伟,北京\n李娜,上海\n", "Simplified Chinese"),
    "big5": ("姓名,城市\n張偉,台北\n", "Traditional Chinese"),
    "euc_kr": ("이름,도시\n김민수,서울\n", "Korean"),
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_other_encodings_are_told_and_read(encoding: str) -> None:
    text, language = TEXTS[encoding]
    grid = read_grid(text.encode(encoding))
    expected = read_grid(text.encode())
    assert (grid.names, grid.columns) == (expected.names, expected.columns)
    assert expected.notes == ()
    assert len(grid.notes) == 1
    assert grid.notes[0].startswith(f"read as {language}")
    assert assumed(text.encode(encoding)) == grid.notes[0]
    assert assumed(text.encode()) == ""


def test_plain_text_with_one_accent_is_western() -> None:
    grid = read_grid(b"a,b\n1,2\n1,caf\xe9\n")
    assert grid.columns[1] == ("2", "café")
    assert grid.encoding == "cp1252"


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("sep=;\nage;sugar\n41;5,5\n", ";"),
        ('\ufeffSEP=,\r\nage,sugar\r\n41,"5,5"\r\n', ","),
        ('"sep=\t"\nage\tsugar\n41\t5,5\n', "\t"),
        ("sep=|\rage|sugar\r41|5,5", "|"),
    ],
)
def test_excels_first_line_names_the_separator_and_is_no_row(text: str, separator: str) -> None:
    grid = read_grid(text.encode())
    assert (grid.names, grid.columns, grid.row_numbers) == (
        ("age", "sugar"),
        (("41",), ("5,5",)),
        (2,),
    )
    assert grid.separator == separator


def test_a_column_may_begin_with_sep() -> None:
    assert read_grid(b"sep=,b\n1,2\n").names == ("sep=", "b")
    with pytest.raises(ValueError, match=r"expected sep= with comma, .*got 'x'"):
        read_grid(b"sep=x\naxb\n1x2\n")


@pytest.mark.parametrize(
    "name",
    [
        "<5 mmol/l",
        "[mg] dose",
        "{id}",
        "<b>age</b>",
        "PAR1",
        "GIF8",
        "%PDF",
        "[0-10] pain",
        "<html5>",
    ],
)
def test_a_header_is_taken_for_no_other_file_by_its_first_letter(name: str) -> None:
    assert read_grid(f"{name},b\n1,2\n".encode()).names == (name, "b")


def test_one_name_in_two_unicode_forms_is_one_name() -> None:
    assert read_grid("caf\u0065\u0301,b\n1,2\n".encode()).names == ("caf\u00e9", "b")
    with pytest.raises(ValueError, match="once, got 'caf\u00e9' in columns 1 and 2"):
        read_grid("caf\u00e9,cafe\u0301\n1,2\n".encode())


def test_rows_are_counted_as_in_a_spreadsheet() -> None:
    grid = read_grid(b'a,b\n\n1,"two\nlines"\n,\n3,4\n')
    assert grid.row_numbers == (3, 5)


def test_a_column_without_a_name_gets_its_number() -> None:
    assert read_grid(b",age\n0,41\n").names == ("column 1", "age")


def many(rows: int, columns: int = 2) -> bytes:
    header = ",".join(f"c{i}" for i in range(columns))
    return (header + "\n" + (",".join("1" * columns) + "\n") * rows).encode()


BAD = {
    "empty": (b"", "expected a CSV file, got an empty file"),
    "blank": (b" \n\n", "expected a CSV file, got nothing but blanks"),
    "too many bytes": (b"a,b\n" + b"1,2\n" * 2_700_000, "of at most 10 MB, got 10.3 MB"),
    "excel": (b"PK\3\4" + b"\0" * 50, "expected a CSV file, got an Excel or ZIP file"),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1", "got an old Excel file"),
    "gzip": (gzip.compress(GOOD), "got a gzip file"),
    "pickle": (b"\x80\4\x95" + b"c" * 9, "got a pickle"),
    "parquet": (b"PAR1\x15\4", "got a Parquet file"),
    "pdf": (b"%PDF-1.7", "got a PDF file"),
    "picture": (b"\x89PNG\r\n\x1a\n", "got a picture"),
    "web page": (b"\n<!doctype html><html>", "got a web page or XML"),
    "json": (b'{"age": [41, 38]}', "got JSON"),
    "list of json": (b'\n[ {"age": 41}, {"age": 38} ]', "got JSON"),
    "xml": (b'\xef\xbb\xbf<?xml version="1.0"?>', "got a web page or XML"),
    "html table": (b"<TABLE><tr>", "got a web page or XML"),
    "nul bytes": (b"a,b\n1,\0\n", r"expected text, got the control character '\x00' in line 2"),
    "escape codes": (b"a,b\n1,\x1b[2J\n", r"control character '\x1b' in line 2"),
    "code page 850": (
        "name,b\nMüller,2\nGröße,1\n".encode("cp850"),
        "expected text in UTF-8, got other bytes in line 2 of an encoding that cannot be told",
    ),
    "two readings": (
        "שם,גיל\nדוד,41\n".encode("cp1255"),
        "expected text in UTF-8, got other bytes in line 1 of an encoding that cannot be told",
    ),
    "random bytes": (b"a,b\n" + bytes(range(128, 256)) * 3, "of an encoding that cannot be told"),
    "half a utf-16": ("a,b\n1,2".encode("utf-16")[:-1], "expected text in UTF-8"),
    "one column": (b"age\n41\n38\n", "got a single column 'age'"),
    "only a header": (b"a,b\n\n", "expected rows below the header, got none"),
    "no header": (b"6,148,72\n1,85,66\n", "row of column names, got the number 6 in column 1"),
    "some of a header": (b"age,3.5\n1,2\n", "got the number 3.5 in column 2"),
    "same name": (b"age,b,age\n1,2,3\n", "every column name once, got 'age' in columns 1 and 3"),
    "same but case": (b"Age,AGE\n1,2\n", "got 'AGE' in columns 1 and 2"),
    "same but invisible": ("age,a\u200bge\n1,2\n".encode(), "got 'age' in columns 1 and 2"),
    "long name": (
        b"a," + b"n" * 81 + b"\n1,2\n",
        "names of at most 80 characters, got 81 in column 2",
    ),
    "short row": (b"a,b,c\n1,2,3\n1,2\n", "expected 3 cells in every row, got 2 in row 3"),
    "long row": (b"a,b\n1,2\n1,2,3\n", "expected 2 cells in every row, got 3 in row 3"),
    "long cell": (b"a,b\n1," + b"x" * 1001 + b"\n", "at most 1,000 characters, got 1,001 in row 2"),
    "huge cell": (b"a,b\n1," + b"x" * 200_000 + b"\n", "got far more in row 2"),
    "open quote": (b'a,b\n1,"2\n3,4\n', "expected well-formed quotes, got unexpected end of data"),
    "broken quote": (b'a,b\n1,"2"x\n', "expected well-formed quotes, got .* in row 2"),
    "many rows": (many(10_001), "expected at most 10,000 rows, got more"),
    "many empty rows": (b"a,b\n" + b"\n" * 40_000 + b"1,2\n", "at most 10,000 rows, got more"),
    "many columns": (many(1, 101), "expected at most 100 columns, got 101"),
    "endless header": (b"a," * 200_000 + b"\n", "got a line of 400,000 characters"),
}


@pytest.mark.parametrize("case", BAD)
def test_every_bad_file_is_one_clear_sentence(case: str) -> None:
    data, message = BAD[case]
    with pytest.raises(ValueError, match=r"^expected ") as caught:
        read_grid(data)
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 200
    if "*" not in message:
        assert message in said


def test_the_limits_themselves_are_allowed() -> None:
    assert len(read_grid(many(10_000)).row_numbers) == 10_000
    assert len(read_grid(many(1, 100)).names) == 100
    assert len(read_grid(b"a,b\n1," + b"x" * 1000 + b"\n").columns[1][0]) == 1000


def test_rows_of_separators_above_the_header_are_empty_rows() -> None:
    grid = read_grid(b";;;\n,,\na,b\n1,2\n")
    assert (grid.names, grid.columns, grid.row_numbers) == (("a", "b"), (("1",), ("2",)), (4,))
    for hidden in (b";\r!\r!", b'"";""\n!\n!\n'):
        with pytest.raises(ValueError, match="got a single column '!'"):
            read_grid(hidden)


@given(st.binary(max_size=200) | st.text(alphabet='a1,;\t"\n\r.é ', max_size=60).map(str.encode))
def test_any_bytes_give_a_grid_or_one_sentence(data: bytes) -> None:
    try:
        grid = read_grid(data)
    except ValueError as error:
        assert str(error).startswith("expected ")  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert len(grid.columns) == len(grid.names) > 1
        assert all(len(cells) == len(grid.row_numbers) > 0 for cells in grid.columns)


@given(st.lists(st.lists(st.text("ab 1.;\"'=", max_size=8), min_size=3, max_size=3), min_size=1))
def test_what_csv_writes_is_read_again(rows: list[list[str]]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([["x", "y", "z"], *rows])
    kept = [[cell.strip() for cell in row] for row in rows]
    kept = [row for row in kept if any(row)]
    if kept:
        grid = read_grid(file.getvalue().encode())
        assert list(zip(*grid.columns, strict=True)) == [tuple(row) for row in kept]


def test_names_are_tidied_for_the_screen() -> None:
    assert tidy("  two\nlines\t ") == "two lines"
    assert tidy("a\u202egnp.exe") == "agnp.exe"  # the sign that writes backwards
    assert tidy("می\u200cشود") == "می\u200cشود"
    assert shown("x" * 99) == "'" + "x" * 29 + "…'"


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_formulas_are_kept_text(text: str) -> None:
    assert defused(text) == "'" + text


@pytest.mark.parametrize("text", ["Glucose", "-5", "+3.5e2", "", "a=b", "'=1"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert defused(text) == text


def test_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr(io, "open", refuse)
    assert read_grid(b"path,b\n/etc/passwd,file:///etc/passwd\n").columns[0] == ("/etc/passwd",)
    assert csv_text.MAX_BYTES == 10 * 2**20
