"""The fairness page's view of one's own table: uploads, hostile ones too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from streamlit.testing.v1 import AppTest

from tests.app.pages import found_in, no_fault, open_page, texts
from trustai.data.tables.csv_table import read_csv
from trustai.fairness.own_groups import groups_of_columns
from trustai.metrics import fairness
from trustai.ui.fairness.own.choices import NETWORK
from trustai.ui.kit.caching import shared_cache

PAGE, VIEW = "fairness", "Your own table"
ODD = "<b>c</b> *"  # an uploaded level


def scored_csv(n: int = 400) -> bytes:
    """Scores of one's own model: lower for f, three rows of a rare level, gaps, and markup."""
    random = np.random.default_rng(0)
    rows = ["town,sex,score,hired"]
    for i in range(n):
        sex = ODD if i < 3 else "" if i % 40 == 39 else "fm"[i % 2]
        hired = int(random.random() < (0.5 if sex == "m" else 0.3))
        score = np.clip(0.25 + 0.3 * hired + 0.15 * (sex == "m") + 0.2 * random.random(), 0, 1)
        rows.append(f"{'xyz'[i % 3]}town,{sex},{score:.4f},{'yes' if hired else 'no'}")
    return "\n".join(rows).encode()


def open_with(content: bytes) -> AppTest:
    app = open_page(PAGE, view=VIEW)
    app.file_uploader(key="own-upload").set_value(("mine.csv", content, "text/csv"))
    return app.run()


def choose(app: AppTest, label: str, value: str) -> AppTest:
    next(box for box in app.selectbox if box.label == label).select(value)
    return app.run()


def test_the_example_is_synthetic_and_judged_at_once() -> None:
    app = open_page(PAGE, view=VIEW)
    no_fault(app)
    assert any("Synthetic" in one.value for one in app.warning)
    said = found_in(app)
    assert "the group Female is selected in" in said
    assert "The p%-rule is **" in said
    shown = app.dataframe[0].value
    assert shown["group"].tolist() == ["Female", "Male"]


def test_own_scores_are_judged_without_a_network_and_stay_private(tmp_path: Path) -> None:
    before = list(shared_cache()._entries)
    app = choose(open_with(scored_csv()), "What is judged", "score")
    no_fault(app)
    csv = read_csv(scored_csv())
    groups = groups_of_columns([csv.column("sex")])
    labels = csv.table(target="hired").labels.numpy()
    counts = fairness.group_counts(
        labels, csv.column("score").values >= 0.5, groups.codes, n_groups=len(groups.names)
    )[list(groups.compared())]
    found = fairness.report(counts, [groups.names[k] for k in groups.compared()])
    rule = found.criteria["p_percent_rule"]
    said = found_in(app)
    assert f"**{rule.value:.1%}**, with an interval from {rule.low:.1%} to {rule.high:.1%}" in said
    assert {*found.groups} == {"f", "m"}
    shown = app.dataframe[0].value.set_index("group")
    for name in found.groups:
        some = groups.codes == groups.names.index(name)
        auc = roc_auc_score(labels[some], csv.column("score").values[some])
        assert shown.loc[name, "ROC AUC"].startswith(f"{auc:.3f} (")
    assert rule.value < 0.8
    warned = " ".join(one.value for one in app.warning).replace("\\", "")
    assert f"{ODD} (3)" in warned, "a rare group is shown and not compared"
    assert "10 judged rows without a value of sex" in warned
    raw = " ".join(e.value for e in [*app.markdown, *app.caption, *app.warning])
    assert "<b>c" not in raw.replace("\\<", "")
    assert list(shared_cache()._entries) == before
    assert ODD in app.dataframe[0].value["group"].tolist()


def test_a_network_is_trained_when_asked() -> None:
    app = open_with(scored_csv(600))
    no_fault(app)
    assert "The outcome “yes” is true for" in found_in(app), "said before any training"
    assert app.dataframe.len == 0
    next(b for b in app.button if b.label.startswith("Train")).click().run()
    no_fault(app)
    assert "The p%-rule is" in found_in(app)
    assert not app.error
    assert sum(app.dataframe[0].value["rows"]) < 0.25 * 600, "judged on rows that were kept apart"


def test_groups_can_be_crossed() -> None:
    app = choose(open_with(scored_csv()), "What is judged", "score")
    next(m for m in app.multiselect if m.label == "Groups").set_value(["sex", "town"]).run()
    no_fault(app)
    names = app.dataframe[0].value["group"].tolist()
    assert {"f, xtown", "m, ytown"} <= {*names}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "Expected a CSV file, got an empty file."),
        (b"PK\3\4zip", "Expected a CSV file, got an Excel or ZIP file."),
        (b"a,b\n" + b"1,2\n" * 20, "Expected at least 50 rows, got 20."),
        (
            b"a,b\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(60)),
            "Expected a column with exactly two different values as the target, got none.",
        ),
    ],
)
def test_a_useless_upload_is_one_sentence_and_loses_nothing(content: bytes, says: str) -> None:
    app = choose(open_with(scored_csv()), "What is judged", "score")
    before = found_in(app)
    app.file_uploader(key="own-upload").set_value(("bad.csv", content, "text/csv"))
    app.run()
    no_fault(app)
    assert [e.value.replace("\\", "") for e in app.error] == [says]
    assert found_in(app) == before, "the last good table stays, with all choices"


def test_groups_that_are_all_rare_are_one_sentence() -> None:
    rows = [f"{i % 12},{0.1 + 0.8 * (i % 2):.2f},{'ab'[i % 2]}" for i in range(60)]
    lines = ["\n".join(["g,score,y", *(f"g{row}" for row in rows)])]
    app = choose(open_with(lines[0].encode()), "What is judged", "score")
    no_fault(app)
    assert [e.value.replace("\\", "") for e in app.error] == [
        "Expected two groups of at least 30 judged rows, got 0."
    ]


def test_no_group_column_is_one_sentence() -> None:
    app = open_with(scored_csv())
    next(m for m in app.multiselect if m.label == "Groups").set_value([]).run()
    no_fault(app)
    assert app.error[0].value == "Expected one or two columns of groups, got none."


@pytest.mark.slow
@pytest.mark.parametrize("judged", ["score", NETWORK])
def test_the_python_that_is_shown_gives_the_numbers_of_the_page(
    judged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    content = scored_csv(600)
    app = choose(open_with(content), "What is judged", judged)
    for button in app.button:
        if button.label.startswith("Train"):
            button.click().run()
            break
    no_fault(app)
    (tmp_path / "your-table.csv").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    (code,) = (element.value for element in app.code)
    capsys.readouterr()
    exec(compile(code, "own", "exec"), {})
    printed = dict(line.split(" ", 1) for line in capsys.readouterr().out.splitlines())
    value = float(printed["p_percent_rule"].split()[0])
    assert f"The p%-rule is **{value:.1%}**" in found_in(app)
    assert "p%-rule" in texts(app)
