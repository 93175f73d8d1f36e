"""The notes of a view as one HTML file that needs no other and asks no address."""

from __future__ import annotations

import base64
import csv
import html
import io
import re
from collections.abc import Iterable, Mapping

import plotly.io

from trustai.plots import colours, pictures
from trustai.ui.kit.export import json_text
from trustai.ui.kit.report.notes import Chart, Note, Numbers, Picture, Sentence

MOST_ROWS = 200
"""Of a table; the file with the numbers has them all."""

# Nothing is fetched, whatever stands in the file: a browser refuses it.
_POLICY = (
    "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
)
_STYLE = f"""
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 17px/1.5 sans-serif;
  color: {colours.INK}; background: {colours.LIGHT_BACKGROUND}; }}
figure {{ display: inline-block; margin: 0 1rem 1rem 0; vertical-align: top; }}
figure img {{ display: block; max-width: 100%; }}
figcaption {{ max-width: 22rem; }}
table {{ border-collapse: collapse; font-size: 0.9rem; }}
th, td {{ padding: 0.2rem 0.6rem; border: 1px solid #C9D1DB; text-align: left; }}
pre {{ overflow-x: auto; padding: 0.8rem; font-size: 0.85rem; background: {colours.LIGHT_PANEL}; }}
.finding {{ font-size: 1.2rem; }}
"""
_MARKDOWN = re.compile(r"\\(.)|(\*\*)|:material/\w+:|(.)", re.DOTALL)


def report_html(notes: Iterable[Note], *, page: str, view: str, settings: Mapping[str, str]) -> str:
    """The file: what the view found and showed, and all circumstances.

    Args:
        notes: In the order of the page.
        page, view: Titles.
        settings: The parameters of the address that leads to this view.

    Every text is escaped, the names of a user's files among them. Pictures stand in the file as
    PNG, charts as data beside Plotly's script, and a policy in its head forbids every address.
    """
    every = list(notes)
    title = html.escape(f"{page}: {view}" if view and view != page else page)
    chapters = [
        ("", [_finding(one) for one in every if isinstance(one, Sentence)]),
        ("Pictures", [_picture(one) for one in every if isinstance(one, Picture)]),
        ("Charts", _charts([one for one in every if isinstance(one, Chart)])),
        ("Settings", [_rows(settings.items())] if settings else []),
        ("Numbers, and how they were made",
         [_numbers(one) for one in every if isinstance(one, Numbers)]),
    ]  # fmt: skip
    body = "".join(
        (f"<h2>{head}</h2>" if head else "") + "".join(parts) for head, parts in chapters if parts
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><h1>{title}</h1>{body}</body></html>\n"
    )


def _finding(one: Sentence) -> str:
    """Markdown of a sentence: bold, and signs that are escaped; anything else is text."""
    bold, words = False, []
    for match in _MARKDOWN.finditer(one.text):
        escaped, star, other = match.groups()
        if star:
            words.append("</b>" if bold else "<b>")
            bold = not bold
        else:
            words.append(html.escape(escaped or other or ""))
    return f'<p class="finding">{"".join(words)}{"</b>" if bold else ""}</p>'


def _picture(one: Picture) -> str:
    data = base64.b64encode(pictures.png(one.pixels)).decode()
    title = html.escape(one.title)
    image = f'<img alt="{title}" src="data:image/png;base64,{data}">'
    return f"<figure>{image}<figcaption>{title}</figcaption></figure>"


def _charts(charts: Iterable[Chart]) -> list[str]:
    """The first brings Plotly's script."""
    return [
        plotly.io.to_html(
            one.figure,
            full_html=False,
            include_plotlyjs=i == 0,
            config={"displaylogo": False, "modeBarButtons": [["toImage"]]},
        )
        for i, one in enumerate(charts)
    ]


def _numbers(one: Numbers) -> str:
    parts = []
    if one.csv is not None:
        head, *rows = csv.reader(io.StringIO(one.csv, newline=""))
        parts.append(_rows(rows[:MOST_ROWS], head=head))
        if len(rows) > MOST_ROWS:
            parts.append(f"<p>The first {MOST_ROWS} of {len(rows):,} rows.</p>")
    if one.json is not None:
        parts.append(f"<pre>{html.escape(json_text(one.json))}</pre>")
    if one.python:
        parts.append(f"<h3>The same in Python</h3><pre>{html.escape(one.python.strip())}</pre>")
    return "".join(parts)


def _rows(rows: Iterable[Iterable[str]], *, head: Iterable[str] = ()) -> str:
    def line(cells: Iterable[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

    return f"<table>{line(head, 'th')}{''.join(line(row, 'td') for row in rows)}</table>"
