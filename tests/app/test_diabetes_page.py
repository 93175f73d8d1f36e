"""The diabetes page's frame and its views of data, models and one's own table."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.app.pages import no_fault, open_page, texts
from trustai import data, zoo
from trustai.data.tables import cohort
from trustai.explain.tabular.counterfactual.contrast import Contrast
from trustai.explain.tabular.exploration import outliers, separation, summary
from trustai.metrics import binary
from trustai.types import Table, TabularAttribution
from trustai.ui.diabetes import models, thumbnail
from trustai.ui.kit.caching import shared_cache

PAGE = "diabetes"
SYNTHETIC = {"view": "The data", "table": "Synthetic cohort"}
ODD = "<b>age</b> *"  # an uploaded column
TWO_MOONS = 120


def csv_of(table: Table) -> bytes:
    return summary.frame(table).to_csv(index=False).encode()


def own_csv() -> bytes:
    """An uploaded table: signs that could be markup, a category, gaps, and a useless column."""
    generator = torch.Generator().manual_seed(0)
    rows = ["id," + ODD + ",city,same,ill"]
    for i in range(TWO_MOONS):
        age = float(torch.randn(1, generator=generator)) * 10 + 50
        ill = "yes [x](http://y)" if age + 5 * (i % 3) > 55 else "no"
        rows.append(f"{i},{'' if i % 17 == 0 else f'{age:.2f}'},{'abc'[i % 3]}ity,1,{ill}")
    return "\n".join(rows).encode()


def upload(app: AppTest, key: str, content: bytes) -> AppTest:
    app.file_uploader(key=key).set_value(("mine.csv", content, "text/csv"))
    return app.run()


# -- the data --------------------------------------------------------------------------------


def test_every_figure_has_the_sentence_that_the_core_reads_from_it() -> None:
    app = open_page(PAGE, view="The data")
    no_fault(app)
    shown = texts(app)
    table = data.table_set("diabetes").read()
    found = summary.correlation(table)
    for sentence in (
        summary.balance(table).sentence,
        summary.missing(table).sentence,
        separation.separation(table).sentence,
        found.sentence,
        summary.pair_sentence(table, pair=found.pair),
        *(outliers.outliers(table, method=method).sentence for method in outliers.METHODS),
    ):
        assert sentence in shown
    assert shown.count("held-out rows are correct") == 4, "two kinds of outliers, two models"
    assert ("Synthetic" in shown) == table.synthetic
    app.segmented_control(key="correlation").set_value("spearman").run()
    no_fault(app)
    assert summary.correlation(table, method="spearman").sentence in texts(app)


def test_the_synthetic_cohort_says_so_and_how_close_it_is() -> None:
    app = open_page(PAGE, **SYNTHETIC)
    no_fault(app)
    warned = " ".join(e.value for e in app.warning).replace("\\", "")
    assert "these people do not exist" in warned
    assert len(warned) < 110, "one line"
    pearson = cohort.measured()["correlation"]["pearson"]
    assert f"and the correlations by at most {pearson['max']:.2f}" in texts(app)
    equal = cohort.measured()["rows"]["equal"]
    assert f"{equal} synthetic rows are equal to a real row" in texts(app)


def test_without_the_real_table_nothing_is_fetched_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path))
    app = open_page(PAGE, view="The data")
    no_fault(app)
    assert [b.label for b in app.button] == ["Download it from OpenML (24 KB)"]
    assert "these people do not exist" in app.warning[0].value
    assert not list(tmp_path.iterdir())


def test_an_uploaded_table_is_explored_and_leaves_nothing_behind() -> None:
    app = open_page(PAGE, view="The data", table="Upload")
    before = list(shared_cache()._entries)
    table = cohort.generate(n=120, seed=7)
    upload(app, "table-upload", csv_of(table))
    no_fault(app)
    shown = texts(app)
    assert "**your table**, uploaded: 120 rows" in shown
    assert summary.correlation(table).sentence in shown
    assert list(shared_cache()._entries) == before, "results of an upload stay in its session"
    app.segmented_control(key="view").set_value("models").run()
    app.segmented_control(key="view").set_value("data").run()
    no_fault(app)
    assert "uploaded: 120 rows" in texts(app), "it stays while another view is shown"
    next(b for b in app.button if b.label == "Forget it").click().run()
    no_fault(app)
    assert "uploaded" not in texts(app)


def test_a_faulty_table_is_rejected_by_row_and_column() -> None:
    lines = csv_of(cohort.generate(n=120, seed=7)).decode().splitlines()
    broken = [*lines[:4], re.sub(r"^[^,]*", "many", lines[4]), *lines[5:]]
    app = open_page(PAGE, view="The data", table="Upload")
    upload(app, "table-upload", "\n".join(broken).encode())
    no_fault(app)
    said = [e.value.replace("\\", "") for e in app.error]
    assert said == ["Expected Pregnancies as a whole number in [0, 25], got 'many' in row 5."]
    assert summary.balance(data.table_set("diabetes").read()).sentence in texts(app)


# -- the models ------------------------------------------------------------------------------


def test_the_networks_stand_beside_the_baselines() -> None:
    app = open_page(PAGE, view="The models")
    no_fault(app)
    compared = app.dataframe[0].value
    cards = [card for card in zoo.catalog(kind="table") if card.dataset == "diabetes"]
    assert [*compared["model"]][: len(cards)] == [card.title for card in cards]
    assert {"Logistic regression", "Gradient boosting"} <= {*compared["model"]}
    for card in cards:
        mean = card.metrics["roc_auc/seeds/mean"].value
        assert f"{card.title} reaches a ROC AUC of {mean:.3f} ±" in texts(app)


def test_a_threshold_is_read_off_the_measurements() -> None:
    app = open_page(PAGE, view="The models", threshold="0.2")
    no_fault(app)
    rows = zoo.measurements("diabetes-mlp")
    assert rows is not None
    labels, said = (torch.tensor(rows[c].to_numpy()) for c in ("label", "probability"))
    (_, alarmed), (missed, found) = binary.confusion(labels.long(), said, threshold=0.2)
    shown = texts(app)
    assert f"of 20%, the network finds {found} of {found + missed} patients with" in shown
    assert f"a false alarm for {alarmed} of" in shown


@pytest.mark.skipif(
    not any(card.id == "diabetes-nam" for card in zoo.catalog()), reason="no diabetes-nam here"
)
def test_the_additive_network_shows_its_curves() -> None:
    app = open_page(PAGE, view="The models")
    no_fault(app)
    shown = texts(app)
    assert "is most important: it changes the log odds" in shown
    drawn = " ".join(chart.proto.spec for chart in app.get("plotly_chart"))
    for name in data.table_set("diabetes").columns:
        assert name in drawn


def test_without_networks_it_says_how_to_train_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTAI_MODELS", str(tmp_path))
    app = open_page(PAGE, view="The models")
    no_fault(app)
    assert "python \\-m trustai.train diabetes\\-mlp" in app.error[0].value


# -- your own table --------------------------------------------------------------------------


def test_the_example_is_trained_and_explained_at_first_sight() -> None:
    app = open_page(PAGE, view="Your own table")
    no_fault(app)
    shown = texts(app)
    assert "synthetic diabetes cohort as an example" in shown
    assert re.search(r"For row \d+ of the file", shown)
    assert "What would change the decision?" in shown
    said = re.search(r"is right for (\d+)% of .* gives (\d+)% accuracy", shown)
    assert said is not None
    right, guess = map(float, said.groups())
    assert right == pytest.approx(float(app.metric[0].value.rstrip("%")), abs=0.5)
    assert ("is better than" in shown) == (right > guess)
    assert len(app.metric) == 4
    assert float(app.metric[1].value) > 0.7, "ROC AUC of a network that learned something"


def test_an_upload_is_trained_when_asked_and_its_text_stays_text() -> None:
    app = open_page(PAGE, view="Your own table")
    before = list(shared_cache()._entries)
    upload(app, "own-upload", own_csv())
    no_fault(app)
    shown = texts(app)
    assert f"{TWO_MOONS} rows, 2 columns" in shown
    assert "Not used: id, it only counts the rows." in shown
    assert "Not used: same, it is 1 wherever it is known." in shown
    assert not app.metric, "nothing is trained before the button is pressed"
    next(b for b in app.button if b.label.startswith("Train")).click().run()
    no_fault(app)
    assert len(app.metric) == 4
    raw = " ".join(e.value for e in [*app.markdown, *app.caption])
    assert "<b>age" not in raw.replace("\\<", "")
    for ours in ("en.wikipedia", "arxiv", "doi"):
        raw = raw.replace(f"(https://{ours}", "")
    assert "](http" not in raw
    assert ODD in texts(app), "the name itself is shown all the same"
    assert list(shared_cache()._entries) == before
    app.selectbox[0].select("ill")
    app.multiselect[0].set_value(["city"]).run()
    no_fault(app)
    assert not app.metric, "another choice is another network"


def suspicious_csv() -> bytes:
    """A column that is the answer, a sensitive one, and yes and no."""
    generator = torch.Generator().manual_seed(0)
    rows = ["code,sex,smokes,weight,ill"]
    for i in range(120):
        ill, draw = i % 2, float(torch.rand(1, generator=generator))
        smokes = "yes" if draw < (0.7 if ill else 0.3) else "no"
        rows.append(f"{7 * ill + draw:.3f},{'mf'[i % 3 > 0]},{smokes},{60 + 20 * draw:.1f},{ill}")
    return "\n".join(rows).encode()


def test_what_to_be_careful_with_in_a_table_is_said() -> None:
    app = open_page(PAGE, view="Your own table")
    upload(app, "own-upload", suspicious_csv())
    no_fault(app)
    warned = [element.value for element in app.warning]
    assert len(warned) == 1
    assert warned[0].startswith("**code** alone almost gives the answer (ROC AUC 1.000)")
    assert (
        "**sex**: a network that uses this to decide about people may be unfair"
        in app.info[0].value
    )
    app.multiselect[0].set_value(["smokes"]).run()
    no_fault(app)
    assert not app.warning
    assert not app.info
    shown = texts(app)
    assert "of the rows with “yes” are “ill = 1”" in shown
    assert "higher" not in shown


def test_a_figure_of_nothing_is_undefined_and_warned_of() -> None:
    generator = torch.Generator().manual_seed(0)
    draws = torch.rand(200, 2, generator=generator).tolist()
    rows = [f"{a:.4f},{'yes' if b < 0.12 else 'no'}" for a, b in draws]
    app = open_page(PAGE, view="Your own table")
    upload(app, "own-upload", "\n".join(["x,ill", *rows]).encode())
    next(b for b in app.button if b.label.startswith("Train")).click().run()
    no_fault(app)
    assert "It says “no” of every row" in " ".join(e.value for e in app.warning)
    values = {metric.label: metric.value for metric in app.metric}
    assert values["Precision"] == "undefined"
    assert values["Recall"] == "0.0%"


def test_the_python_of_ones_own_table_gives_the_numbers_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = open_page(PAGE, view="Your own table")
    upload(app, "own-upload", own_csv())
    next(b for b in app.button if b.label.startswith("Train")).click().run()
    no_fault(app)
    kept = app.session_state["trustai__cache"]._entries.values()
    shown = [result for result, _ in kept if isinstance(result, TabularAttribution)]
    sentences = [result.sentence() for result, _ in kept if isinstance(result, Contrast)]
    (code,) = [element.value for element in app.code]
    (tmp_path / "your-table.csv").write_bytes(own_csv())
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    exec(compile(code, "own", "exec"), {})
    *printed, sentence = capsys.readouterr().out.splitlines()
    assert len(printed) == len(shown) == 2
    assert [sentence] == sentences
    for line, found in zip(printed, shown, strict=True):
        name, values = line.split(" ", 1)
        assert name == found.circumstances.method
        assert json.loads(values) == found.values[0].tolist()


def questions_csv() -> bytes:
    """Prices that can be read in two ways, and words that may mean missing."""
    rows = ["price;region;weight;ill"]
    for i in range(80):
        price, region = ("950", "1,234", "12,500")[i % 3], ("NA", "EU", "?")[i % 3]
        rows.append(f"{price};{region};{i % 7},5;{'yes' if i % 2 else 'no'}")
    return "\n".join(rows).encode()


def test_what_cannot_be_known_of_an_upload_is_asked() -> None:
    app = open_page(PAGE, view="Your own table")
    upload(app, "own-upload", questions_csv())
    no_fault(app)
    shown = texts(app)
    assert "Not used: price, '1,234' in row 3 can be 1234 or 1.234." in shown
    assert "decimal commas in 'weight'" in shown
    assert "'na' kept as a value (27 rows) in 'region'" in shown
    assert "'?' taken for missing (26 rows) in 'region'" in shown
    asked = next(box for box in app.selectbox if "written" in box.label)
    assert asked.value is None
    assert [*asked.options] == [
        "1,234 is 1234: the point is the decimal mark",
        "1,234 is 1.234: the comma is the decimal mark",
    ]
    asked.set_value(",").run()
    no_fault(app)
    assert "decimal commas in 'price', 'weight'" in texts(app)
    assert "Not used" not in texts(app)
    words = next(box for box in app.multiselect if "Missing in" in box.label)
    assert words.value == ["?"]
    words.set_value(["?", "na"]).run()
    no_fault(app)
    assert "'na' taken for missing (27 rows) in 'region'" in texts(app)
    assert "Not used: region, it is 'EU' wherever it is known." in texts(app)


def test_a_refused_table_is_not_quoted_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    app = open_page(PAGE, view="Your own table")
    with caplog.at_level("DEBUG"):
        upload(app, "own-upload", b"a,b\n1,2\n1,2,Mrs Miller\n" + b"1,2\n" * 60)
        upload(app, "own-upload", b"name,b\nMiller,1e99\n" + b"Meyer,1e98\n" * 60)
    assert "rejected an upload" in caplog.text
    assert "Miller" not in caplog.text
    assert "1e99" not in caplog.text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "Expected a CSV file, got an empty file."),
        (b"a,b\n" + b"1,2\n" * 20, "Expected at least 50 rows, got 20."),
        (b"PK\3\4zip", "Expected a CSV file, got an Excel or ZIP file."),
        (
            b"a,b\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(60)),
            "Expected a column with exactly two different values as the target, got none.",
        ),
    ],
)
def test_a_useless_upload_is_rejected_in_one_sentence(content: bytes, says: str) -> None:
    app = open_page(PAGE, view="Your own table")
    upload(app, "own-upload", content)
    no_fault(app)
    assert [e.value.replace("\\", "") for e in app.error] == [says]
    assert "synthetic diabetes cohort as an example" in texts(app)


def test_no_column_chosen_is_one_sentence() -> None:
    app = open_page(PAGE, view="Your own table")
    app.multiselect[0].set_value([]).run()
    no_fault(app)
    assert app.error[0].value == "Expected at least one column to predict from, got none."


def test_the_row_can_be_taken_home() -> None:
    app = open_page(PAGE, view="Your own table")
    no_fault(app)
    assert [b.label for b in app.get("download_button")] == [
        "Table (CSV)",
        "All numbers (JSON)",
        "Lab report (HTML)",
    ]


def test_the_curve_on_the_home_page_is_that_of_the_page() -> None:
    (network, *_) = models.measured_networks()
    curve = binary.roc(network.labels, network.probability)
    line = thumbnail.roc_line(network)
    assert line.x == pytest.approx(curve.false_positive.tolist())
    assert line.y == pytest.approx(curve.true_positive.tolist())


@pytest.mark.slow
@pytest.mark.parametrize("view", ["The data", "The models", "Your own table"])
def test_the_python_that_is_shown_runs(
    view: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(PAGE, view=view)
    no_fault(app)
    (tmp_path / "your-table.csv").write_bytes(csv_of(cohort.generate()))
    monkeypatch.chdir(tmp_path)
    shown = [element.value for element in app.code]
    assert shown
    for code in shown:
        exec(compile(code, view, "exec"), {})
