"""The frame on a small page, without a browser."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

SECONDS = 60


def small_page() -> None:
    import streamlit as st

    from trustai.plots import colours
    from trustai.types import Circumstances
    from trustai.ui import kit
    from trustai.ui.components.live_slider import Figure, Line, Tile, live_slider
    from trustai.ui.kit.caching import cached_call
    from trustai.ui.kit.export import Export
    from trustai.ui.kit.frame import result_caption, try_this
    from trustai.ui.kit.uploads import picture_from_user

    kit.page("A page", "What will be seen.", paper=kit.Link("A paper", "https://example.org/paper"))
    try_this([kit.Preset("Why <b>?", {"eps": 8}, "look")])
    eps = live_slider(
        Line("standard", [1, 0.5, 0.2, 0, 0], colours.ATTACKED),
        Figure("standard", ["a", "b", "c", "d", "e"], colours.ATTACKED),
        Tile("truth", 2, "before", "after"),
        key="eps",
        label="epsilon",
        values=[0, 1, 2, 4, 8],
        start=2,
    )
    st.text(f"eps={eps:g}")
    own = picture_from_user(key="own")
    st.text("no picture" if own is None else f"picture {own.width}x{own.height}")
    fail = st.selectbox("fail", ["no", "user", "fault", "stop"], key="fail")

    def compute() -> Circumstances:
        st.session_state["computed"] = st.session_state.get("computed", 0) + 1
        st.progress(1.0)
        if fail == "user":
            raise ValueError("expected eps in [0, 1], got ![8](http://x)")
        if fail == "fault":
            raise ZeroDivisionError("secret detail")
        if fail == "stop":
            st.stop()
        return Circumstances("toy", "ab" * 32, "sum", {"eps": eps / 255}, 0, 0.5)

    with kit.shown_errors():
        result = cached_call(
            compute, subject=None, weights_sha="ab", inputs=[], method=f"small_page/{fail}",
            parameters={"eps": eps}, heavy="testing",
        )  # fmt: skip
        result_caption(result, "5 pictures")
        Export("toy", "toy", csv="a,b\n1,2\n", json={"circumstances": result}).show()
    Export("", "", python="import trustai").show()
    st.text("the end")


@pytest.fixture
def app() -> AppTest:
    from trustai.ui.kit.caching import shared_cache

    shared_cache.clear()
    return AppTest.from_function(small_page, default_timeout=SECONDS)


def _texts(app: AppTest) -> list[str]:
    return [text.value for text in app.text]


def _picture(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "PNG")
    return out.getvalue()


def test_the_frame_without_a_browser(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert not app.error
    assert app.title[0].value == "A page"
    assert "[A paper](https://example.org/paper)" in app.markdown[0].value
    assert _texts(app) == ["eps=2", "no picture", "the end"]
    assert app.code[0].value == "import trustai"
    assert "eps 2/255" in app.caption[0].value.replace("\\", "")
    tries = next(
        element
        for element in app.main
        if element.type == "html" and "trustai-tries" in element.proto.body
    )
    assert 'href="?eps=8&amp;question=1"' in tries.proto.body
    assert "Why &lt;b&gt;?" in tries.proto.body


def test_a_second_run_computes_nothing(app: AppTest) -> None:
    app.run()
    app.run()
    assert app.session_state["computed"] == 1


@pytest.mark.parametrize(
    ("url", "eps"), [("8", "8"), ("7", "8"), ("1e9", "8"), ("x", "2"), ("nan", "2"), ("", "2")]
)
def test_without_a_browser_the_slider_has_the_value_of_the_url(
    app: AppTest, url: str, eps: str
) -> None:
    app.query_params["eps"] = url
    app.run()
    assert _texts(app)[0] == f"eps={eps}"
    named = {} if eps == "2" else {"eps": eps}  # the default is not named
    assert app.query_params == named, "the address says what is shown"
    app.query_params["eps"] = "1"
    app.run()
    assert _texts(app)[0] == "eps=1", "a changed URL moves the slider within a session"


def test_an_upload_is_read_and_a_bad_one_loses_nothing(app: AppTest) -> None:
    app.run()
    app.file_uploader[0].set_value(("mine.png", _picture((40, 20)), "image/png")).run()
    assert _texts(app)[1] == "picture 40x20"
    app.file_uploader[0].set_value(("bad.png", b"<svg/>", "image/png")).run()
    assert not app.exception
    assert app.error[0].value.replace("\\", "").startswith("Expected a PNG, JPEG, WebP")
    assert _texts(app)[1:] == ["picture 40x20", "the end"]
    app.file_uploader[0].set_value(("small.png", _picture((1, 1)), "image/png")).run()
    assert "got 1x1" in app.error[0].value.replace("\\", "")
    app.file_uploader[0].set_value(("next.png", _picture((50, 60)), "image/png")).run()
    assert not app.error
    assert _texts(app)[1] == "picture 50x60"


def test_an_error_of_the_user_is_one_sentence(app: AppTest) -> None:
    app.run()
    app.selectbox("fail").set_value("user").run()
    assert not app.exception
    assert app.error[0].value == r"Expected eps in \[0, 1\], got \!\[8\]\(http\://x\)."
    assert _texts(app)[-1] == "the end"


def test_a_fault_is_told_without_its_details(
    app: AppTest, caplog: pytest.LogCaptureFixture
) -> None:
    app.run()
    app.selectbox("fail").set_value("fault").run()
    assert not app.exception
    assert app.error[0].value.startswith("Something went wrong in trustai")
    assert "secret detail" not in app.error[0].value
    assert "secret detail" in caplog.text


def test_stop_passes_and_the_next_run_works(app: AppTest) -> None:
    app.run()
    app.selectbox("fail").set_value("stop").run()
    assert not app.error
    assert _texts(app)[-1] != "the end"
    app.selectbox("fail").set_value("no").run()
    assert _texts(app)[-1] == "the end"
