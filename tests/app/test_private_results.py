"""What is computed from an upload stays in the session of its owner, in every view."""

from __future__ import annotations

import inspect

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.pages import no_fault, open_page
from trustai.data.tables import cohort
from trustai.explain.tabular.exploration import summary
from trustai.ui.kit.caching import cached_call, shared_cache

SIGNS = {"model": "Road signs, standard"}
UPLOAD = SIGNS | {"source": "Upload"}
LEFT_OUT = {"source": "Upload", "model": "Road signs without stop signs"}
QUICK = 3  # of the views; the slow run looks at all
PICTURE_VIEWS = [
    ("attack", "One picture", UPLOAD),
    ("attack", "Noise and corruptions", UPLOAD),
    ("saliency", "One picture", UPLOAD | {"methods": "Gradient"}),
    ("saliency", "Six pictures", SIGNS | {"six": "My own", "methods": "Gradient"}),
    ("saliency", "Two pictures", UPLOAD | {"methods": "Gradient"}),
    ("saliency", "Under attack", UPLOAD | {"method": "Gradient", "beside": "nothing"}),
    ("saliency", "Can we trust the map?", UPLOAD | {"method": "Gradient"}),
    ("captions", "One picture", {"source": "Upload"}),
    ("captions", "Under attack", {"source": "Upload"}),
    ("representation", "Attack through the embedding", UPLOAD),
    ("representation", "Your own pictures", SIGNS),
    ("ood", "Your own picture", LEFT_OUT),
    ("ood", "Fool the detector", LEFT_OUT),
]


def kept_by_all() -> set[str]:
    return set(shared_cache()._entries)


def kept_by(app: AppTest) -> int:
    held = app.session_state.get("trustai__cache", ())
    return len(held)


@pytest.mark.parametrize(
    ("topic", "view", "query"),
    [
        pytest.param(*one, marks=[] if i < QUICK else [pytest.mark.slow])
        for i, one in enumerate(PICTURE_VIEWS)
    ],
)
def test_no_view_shares_what_it_computes_from_an_uploaded_picture(
    topic: str, view: str, query: dict[str, str], picture_png: bytes
) -> None:
    app = open_page(topic, view=view, **query)
    no_fault(app)
    before, own = kept_by_all(), kept_by(app)
    file = ("mine.png", picture_png, "image/png")
    uploader = app.file_uploader[0]
    uploader.set_value([file] if uploader.multiple_files else file).run()
    no_fault(app)
    assert kept_by_all() == before, "the upload left something in the store of all sessions"
    assert kept_by(app) > own, "the view computes something from the picture"


@pytest.mark.parametrize("view", ["The data", "One patient", "What would change the decision?"])
def test_no_view_shares_what_it_computes_from_an_uploaded_table(view: str) -> None:
    app = open_page("diabetes", view=view, table="Upload")
    no_fault(app)
    before, own = kept_by_all(), kept_by(app)
    text = summary.frame(cohort.generate(seed=5)).to_csv(index=False).encode()
    app.file_uploader[0].set_value(("mine.csv", text, "text/csv")).run()
    no_fault(app)
    assert kept_by_all() == before
    assert kept_by(app) > own


def test_two_sessions_with_the_same_upload_know_nothing_of_each_other(picture_png: bytes) -> None:
    sessions = []
    for _ in range(2):
        app = open_page("attack", view="One picture", **UPLOAD)
        app.file_uploader[0].set_value(("mine.png", picture_png, "image/png")).run()
        no_fault(app)
        sessions.append(app.session_state["trustai__cache"])
    first, second = sessions
    assert first is not second
    assert set(first._entries) == set(second._entries) != set()
    assert not set(first._entries) & kept_by_all()


def test_no_call_can_leave_out_whose_subject_it_is() -> None:
    assert inspect.signature(cached_call).parameters["subject"].default is inspect.Parameter.empty
