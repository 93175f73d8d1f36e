"""View of the captions page: uploaded pictures with captions, and how to train on them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from trustai.captions import corpus
from trustai.data.captions.own import (
    MIN_TO_SPLIT,
    WHOLE,
    part,
    read_folder,
)
from trustai.data.tables.encodings import assumed
from trustai.data.text import LANGUAGES
from trustai.plots import captions as plots_captions
from trustai.plots import colours, pictures
from trustai.types import CaptionSet
from trustai.ui.captions import sentences
from trustai.ui.captions.errors import first_scenes
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import sha256_of
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import counted, plain, sentence
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_look, fold, listed
from trustai.ui.kit.jobs import Countdown, heavy_job

MEGABYTES = 100
SHOWN = 6
MOST = 2_000  # pictures, which a session keeps in memory
SIDE = 96  # of each, in pixels
_log = logging.getLogger("trustai")
EXAMPLE = (
    ("beach.jpg", "A dog runs on the beach.", "en"),
    ("beach.jpg", "سگی در ساحل می‌دود.", "fa"),
    ("street.jpg", "Two people wait for a bus.", "en"),
)
TRAIN = (
    "python -m trustai.train captions-photos --pictures pictures.zip --captions captions.csv "
    "--name captions-own"
)

COURSE = "--encoder imagenet-efficientnet-b7 --stages network.features --side 224"


@dataclass(frozen=True, eq=False)
class UploadCheck:
    """What an upload holds; kept in the session only.

    Attributes:
        of: Hash of the two files and the language.
        found: The pictures with their captions, or None where they were rejected.
        problem: Why, in one sentence.
    """

    of: str
    found: CaptionSet | None
    problem: str = ""


def show() -> None:
    pickers, results = first_look(results=2.2)
    with pickers:
        checked = _check()
    with results:
        if checked is None:
            example = replace(first_scenes(), split=WHOLE)
            _told(example, "of the example", f'scenes.generate(split="test", n={len(example)})')
        elif checked.found is None:
            st.error(plain(checked.problem), icon=":material/folder_off:")
        else:
            language = st.session_state["own-language"]
            _told(
                checked.found,
                "of your own",
                f'read_folder("pictures.zip", captions="captions.csv", language="{language}")',
            )
    st.subheader("Train a captioner on your own pictures")
    _how()


def _how() -> None:
    st.markdown(
        "1. Put the pictures into a folder or a zip.\n"
        "2. Write captions into a CSV: one row per caption, and several rows per picture if you "
        "can. The JSON of COCO works too. If all captions have one language, you can use "
        "`--language en` below instead of the column `language`."
    )
    sentences.table(
        ["file", "caption", "language"],
        [[(file, None), (text, spoken), (spoken, None)] for file, text, spoken in EXAMPLE],
    )
    st.markdown(
        "3. Train. The encoder stays as it is and only the decoder learns, so a thousand pictures "
        "take minutes on a laptop. One tenth of the pictures is kept to choose the best epoch by "
        "BLEU-4, another tenth to test it once."
    )
    st.code(TRAIN, language="bash", wrap_lines=True)
    st.markdown(
        "4. Open this page again. The new network is in the menu of networks, and its scores are "
        "in the view *The text*. `--resume` continues a training that was stopped. `--smoke` tries "
        "the whole training in seconds."
    )
    st.caption(
        "`--set attention=hard` (or `dot`, `multi-head`), `--set schedule=linear` (or "
        "`inverse-sigmoid`) and `--encoder` with `--stages` and `--side` change the recipe; "
        "`python -m trustai.train --help` lists them."
    )
    st.markdown("A larger encoder, EfficientNet-B7, has a grid of 7×7 with 2,560 channels:")
    st.code(COURSE, language="bash", wrap_lines=True)
    st.caption(
        "The page of the model zoo downloads its weights. Other networks of torchvision have names "
        "such as `imagenet-densenet121`, and `trustai.zoo.pretrained.downloads.download` downloads "
        "them."
    )


def _check() -> UploadCheck | None:
    """What the two uploaded files hold; None until both are there."""
    zip_ = st.file_uploader(
        "Pictures, a zip",
        type=["zip"],
        key="own-zip",
        max_upload_size=MEGABYTES,
        help=f"Up to {MEGABYTES} MB and {MOST:,} pictures here. The command line takes more. The "
        "upload stays in the memory of this computer for this session and is never stored.",
    )
    text = st.file_uploader(
        "Captions, a CSV or COCO's JSON", type=["csv", "json"], key="own-captions"
    )
    language = st.segmented_control(
        "Language, if the file does not say it",
        LANGUAGES.names(),
        format_func=lambda name: LANGUAGES.get(name).title,
        default=LANGUAGES.names()[0],
        key="own-language",
        required=True,
    )
    if zip_ is None or text is None:
        st.session_state.pop("own-checked", None)
        st.caption(
            "Upload both files, and you see what a training would find in them. Until then, you "
            "see drawn scenes as an example."
        )
        return None
    checked = _read(zip_, text, language)
    if checked.found is not None and (note := assumed(text.getvalue())):
        st.caption(f"Your captions: {plain(note)}.")
    return checked


def _read(zip_: Any, text: Any, language: str) -> UploadCheck:
    """Read once per pair of files; nothing goes to the disk or to another session."""
    of = sha256_of(f"{zip_.file_id} {text.file_id} {language}".encode())
    held: UploadCheck | None = st.session_state.get("own-checked")
    if held is not None and held.of == of:
        return held
    try:
        bar = Countdown("Reading every picture")
        with heavy_job("reading your pictures"), bar.running(of):
            found = read_folder(
                zip_.getvalue(),
                captions=text.getvalue(),
                language=language,
                size=SIDE,
                most=MOST,
                on_progress=bar,
            )
        held = UploadCheck(of, found)
    except ValueError as error:
        _log.info("rejected pictures with captions")  # the error quotes names and captions
        held = UploadCheck(of, None, sentence(error))
    st.session_state["own-checked"] = held
    return held


def finding_text(found: CaptionSet, whose: str) -> str:
    """How many pictures and captions there are, and how a training would divide them."""
    spoken_in = corpus.of_set(found)
    each = [
        f"{counted(one.captions, 'caption')} in {LANGUAGES.get(k).title}"
        for k, one in spoken_in.items()
    ]
    have = "has" if len(found) == 1 else "have"
    said = f"**{counted(len(found), 'picture')}** {whose} {have} {listed(each)}."
    if len(found) < MIN_TO_SPLIT:
        return f"{said} A training needs at least {MIN_TO_SPLIT} pictures. Hundreds are better."
    sizes = {s: f"**{len(part(found, s)):,}**" for s in ("train", "validation", "test")}
    return (
        f"{said} A training would learn from {sizes['train']} pictures, choose the best epoch with "
        f"{sizes['validation']} and test with {sizes['test']}."
    )


def _told(found: CaptionSet, whose: str, read: str) -> None:
    """What the captions hold.

    Args:
        read: The call that reads or draws them.
    """
    spoken_in = corpus.of_set(found)
    finding(finding_text(found, whose))
    _statistics(spoken_in)
    with fold("The first pictures and their captions", icon=":material/image:"):
        for i, x in enumerate(found.images[:SHOWN] / 255):
            image, words = st.columns([1, 2], vertical_alignment="center")
            framed = pictures.framed(pictures.to_pixels(x), colours.CLEAN, side=128)
            show_picture(framed, f"Picture {i + 1}", on=image, width=120)
            with words:
                for language, texts in found.captions.items():
                    if texts[i]:
                        sentences.table([""], [[(text, language)] for text in texts[i][:2]])
    statistics = {k: one.as_dict() for k, one in spoken_in.items()}
    numbers = {"pictures": len(found), "statistics": statistics}
    Export(
        name="own-captions",
        key="own",
        json=numbers,
        python=f"""
from trustai.captions import corpus
from trustai.data import scenes
from trustai.data.captions.own import read_folder

found = {read}
print(len(found))
for language, one in corpus.of_set(found).items():
    print(language, one.as_dict())
""",
    ).show()


def _statistics(counted: dict[str, corpus.CorpusStatistics]) -> None:
    sentences.table(
        ["language", "different words", "seen 3 times", "<unk>", "mean length"],
        [
            [
                (LANGUAGES.get(k).title, None),
                (f"{one.unique:,}", None),
                (f"{one.unique_kept:,}", None),
                (f"{one.share_unknown:.1%}", None),
                (f"{one.mean_length:.1f}", None),
            ]
            for k, one in counted.items()
        ],
    )
    lengths = {k: dict(one.lengths) for k, one in counted.items()}
    chart(
        plots_captions.lengths(lengths),
        key="own-lengths",
        title="Length of the captions",
        about="words",
    )
