"""The fairness page's view of one person."""

from __future__ import annotations

import pytest
import torch

from tests.app.pages import found_in, no_fault, open_page, texts
from trustai import data, zoo
from trustai.fairness import groups_of, load_path
from trustai.fairness.person import nearest
from trustai.fairness.proxies import moved, mutual_information
from trustai.zoo.architectures.tabular_path import TabularPath

PAGE, VIEW, TABLE = "fairness", "One person", "Synthetic census"


@pytest.mark.parametrize(("number", "attribute"), [(0, "sex"), (3, "race")])
def test_the_answers_are_those_of_the_core(number: int, attribute: str) -> None:
    app = open_page(PAGE, view=VIEW, table=TABLE, person=str(number), attribute=attribute.title())
    no_fault(app)
    path, measured = zoo.load("adult-debiased", kind=TabularPath), load_path()
    train, test = (data.load("adult-synthetic", split=split) for split in ("train", "test"))
    groups = groups_of(train)[attribute]
    source = int(groups_of(test)[attribute].codes[number])
    learned, row = train.select(path.columns), test.select(path.columns).rows[number]
    target = 1 if source == 0 else 0  # the first other group
    drawn = moved(learned, groups.codes, row, source=source, target=target).rows
    said = found_in(app)
    before, after = (path.at(k) for k in (0, measured.chosen))
    assert f"a probability of **{before.probability(row[None]).item():.1%}**" in said
    assert f"set to {groups.names[target]} alone it gives the same" in said
    assert f"it gives **{before.probability(drawn).double().mean():.1%}** on average" in said
    assert f"{after.probability(drawn).double().mean():.1%}." in said
    (near,) = nearest(learned, row, groups.codes == target)
    assert f"Gower's distance {near.distance:.3f}" in texts(app)
    first, second = list(mutual_information(learned, groups.codes))[:2]
    assert f"**{first}** tells the most about {attribute}" in texts(app)
    assert second in texts(app)


def test_the_word_synthetic_stands_beside_synthetic_people() -> None:
    app = open_page(PAGE, view=VIEW, table=TABLE)
    no_fault(app)
    assert any("Synthetic" in one.value for one in app.warning)


def test_a_person_outside_the_table_is_no_fault() -> None:
    app = open_page(PAGE, view=VIEW, table=TABLE, person="99999999")
    no_fault(app)


def test_before_the_repair_the_group_moves_the_answer_more_than_after() -> None:
    """What the view is there to show, over people and not only for its example."""
    path, measured = zoo.load("adult-debiased", kind=TabularPath), load_path()
    train, test = (data.load("adult-synthetic", split=split) for split in ("train", "test"))
    men = groups_of(test)["sex"].codes == 1
    learned = train.select(path.columns)
    rows = test.select(path.columns).rows[torch.from_numpy(men)][:25]
    codes = groups_of(train)["sex"].codes
    drawn = [moved(learned, codes, row, source=1, target=0, draws=40).rows for row in rows]
    shifts = [
        sum(
            (path.at(k).probability(row[None]) - path.at(k).probability(some).mean()).item()
            for row, some in zip(rows, drawn, strict=True)
        )
        / len(rows)
        for k in (0, measured.chosen)
    ]
    assert shifts[0] > 0.1  # men are given more than their counterparts
    assert abs(shifts[1]) < shifts[0] / 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("view", "query"),
    [(VIEW, {"table": TABLE}), ("Calibration", {"attribute": "Race", "step": "5"})],
)
def test_the_python_that_is_shown_gives_the_numbers_of_the_page(
    view: str, query: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    app = open_page(PAGE, view=view, **query)
    no_fault(app)
    (code,) = (element.value for element in app.code)
    capsys.readouterr()
    exec(compile(code, view, "exec"), {})
    words = capsys.readouterr().out.splitlines()[0].split()
    said = found_in(app)
    if view == VIEW:
        _, one, moved_mean, _ = words
        assert f"**{float(one):.1%}**" in said
        assert f"**{float(moved_mean):.1%}** on average" in said
    else:
        assert f"**{float(words[2]):.1%}** of the group {words[0]}" in said
