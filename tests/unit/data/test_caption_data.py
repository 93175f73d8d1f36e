"""Pictures with captions: the sets by name, pairs of texts, and one's own pictures."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from trustai import data
from trustai.data.captions import base
from trustai.data.captions.own import part, read_folder
from trustai.types import CaptionSet

prepared = pytest.mark.skipif(
    not os.environ.get("TRUSTAI_DATA") or not base.has_text_pairs(),
    reason="$TRUSTAI_DATA holds no captions",
)


def picture(value: int = 0, size: tuple[int, int] = (30, 20), kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (value, value, value)).save(file, kind)
    return file.getvalue()


# -- sets by name ----------------------------------------------------------------------------


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """12 pictures of COCO, every second with Persian base, and a pair of texts for each."""
    folder = tmp_path / "captions"
    folder.mkdir()
    rows = range(12)
    table = {
        "image": [picture(20 * i) for i in rows],
        "file": [f"COCO_val2014_{i:012}.jpg" for i in rows],
        "captions_en": [[f" dog {i} ", "a dog"] for i in rows],
        "captions_fa": [[f"سگ {i}"] if i % 2 else None for i in rows],
    }
    pq.write_table(pa.table(table), folder / "coco-mini.parquet")
    with gzip.open(folder / base.PAIRS, "wt", encoding="utf-8") as lines:
        for i in range(14):
            lines.write(json.dumps({"image_id": i, "en": f"dog {i}", "fa": "سگ"}) + "\n")
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    monkeypatch.setattr(base, "N_COCO", {"test": 2, "validation": 1})
    return folder


def number(set_: CaptionSet) -> set[int]:
    """Which of the twelve pictures are in a set, by what is said and by what is seen."""
    said = {int(texts[0].removeprefix("dog ")) for texts in set_.captions["en"]}
    assert said == {int(image[0, 0, 0]) // 20 for image in set_.images}
    return said


def test_held_out_pictures_are_among_those_with_persian_captions(tiny: Path) -> None:
    sets = {split: data.load("coco-mini", split=split) for split in data.SPLITS}
    assert {split: len(set_) for split, set_ in sets.items()} == {
        "train": 9,
        "validation": 1,
        "test": 2,
    }
    found = {split: number(set_) for split, set_ in sets.items()}
    assert found["test"] | found["validation"] <= {1, 3, 5, 7, 9, 11}
    assert sorted(i for some in found.values() for i in some) == list(range(12))
    assert sets["train"].images.shape[1:] == (3, 224, 224)
    assert sets["train"].images.dtype == torch.uint8
    assert sets["train"].indices.tolist() == list(range(9))
    persian = sets["train"].captions["fa"]
    assert sum(map(len, persian)) == 3
    assert () in persian


def test_texts_about_held_out_pictures_are_never_learned_from(tiny: Path) -> None:
    held_out = number(data.load("coco-mini")) | number(data.load("coco-mini", split="validation"))
    kept = {int(en.removeprefix("dog ")) for en, _ in base.text_pairs()}
    assert kept == set(range(14)) - held_out
    assert len(held_out) == 3
    assert len(base.text_pairs(whole=True)) == 14


def test_persian_captions_of_flickr_are_joined_by_file(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "N_FLICKR", {"test": 1, "validation": 1})
    known = {
        "image": [picture(40 * i) for i in range(4)],
        "file": [f"{i}.jpg" for i in range(4)],
        "captions_en": [[f"dog {i}"] for i in range(4)],
    }
    pq.write_table(pa.table(known), tiny / "flickr8k-1000.parquet")
    without = data.load("flickr8k-1000", split="train")
    assert without.captions["fa"] == ((), ())
    with pytest.raises(data.DataMissing, match=r"flickr8k-fa\.parquet"):
        base.flickr_pairs()
    lines = {
        "file": ["0.jpg", "other.jpg", "0.jpg", "3.jpg", "1.jpg", "2.jpg"],
        "fa": [" سگ ۰ ", "گربه", "سگ", "سگ ۳", "سگ ۱", "سگ ۲"],
        "en": ["dog 0", "a cat", "dog", "dog 3", "dog 1", "dog 2"],
    }
    pq.write_table(pa.table(lines), tiny / "flickr8k-fa.parquet")
    joined = [
        (english, persian)
        for split in data.SPLITS
        for found in [data.load("flickr8k-1000", split=split)]
        for english, persian in zip(found.captions["en"], found.captions["fa"], strict=True)
    ]
    assert dict(joined)[("dog 0",)] == ("سگ ۰", "سگ")
    assert dict(joined)[("dog 3",)] == ("سگ ۳",)
    # Sentences without a picture are of no photograph that is there, so of none held out.
    assert base.flickr_pairs() == (("a cat", "گربه"),)
    pq.write_table(pa.table({"file": ["0.jpg"], "fa": ["سگ"]}), tiny / "flickr8k-fa.parquet")
    with pytest.raises(data.DataMissing, match="got no en"):
        data.load("flickr8k-1000")


def test_a_few_of_a_split_are_the_same_every_time(tiny: Path) -> None:
    few = data.load("coco-mini", split="train", n=3, seed=1)
    again = data.load("coco-mini", split="train", n=3, seed=1)
    whole = data.load("coco-mini", split="train")
    assert torch.equal(few.images, again.images)
    assert few.indices.tolist() == sorted(few.indices.tolist())
    assert torch.equal(few.images, whole.take(few.indices).images)
    assert few.captions == whole.take(few.indices).captions
    seen = {tuple(data.load("coco-mini", split="train", n=3, seed=s).indices) for s in range(5)}
    assert len(seen) > 1


def test_the_whole_picture_is_squeezed() -> None:
    wide = np.zeros((40, 200, 3), np.uint8)
    wide[:, :20], wide[:, -20:] = 255, 128
    square = base.squeezed(wide)
    assert square.shape == (224, 224, 3)
    assert square[64, 2, 0] > 240
    assert 120 < square[64, -3, 0] < 136
    assert square[64, 64, 0] == 0


def test_what_is_not_here_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    for name in ("flickr8k-1000", "coco-mini"):
        assert not data.available(name)
        with pytest.raises(data.DataMissing, match=rf"captions as {name}\.parquet"):
            data.load(name)
    assert not base.has_text_pairs()
    with pytest.raises(data.DataMissing, match=r"coco-val2017-fa\.jsonl\.gz"):
        base.text_pairs()
    assert data.available("scenes")


def test_files_of_another_make(tiny: Path) -> None:
    pq.write_table(pa.table({"image": [b""], "file": ["a"]}), tiny / "flickr8k-1000.parquet")
    with pytest.raises(data.DataMissing, match="got no captions_en"):
        data.load("flickr8k-1000")
    for content in (b"no gzip", gzip.compress(b"{"), gzip.compress(b"[1]\n"), gzip.compress(b"1")):
        (tiny / base.PAIRS).write_bytes(content)
        with pytest.raises(data.DataMissing, match="expected lines of image_id, en and fa"):
            base.text_pairs()


def test_names_and_wrong_arguments(tiny: Path) -> None:
    assert data.caption_names() == ["scenes", "flickr8k-1000", "coco-mini"]
    assert data.caption_set("coco-mini").languages == ("en", "fa")
    with pytest.raises(ValueError, match="did you mean 'coco-mini'"):
        data.load("coco-min")
    with pytest.raises(ValueError, match="split to be one of train, validation, test, got 'whole'"):
        data.load("coco-mini", split="whole")
    with pytest.raises(ValueError, match="no class to leave out of captioned pictures"):
        data.load("coco-mini", without="dog")  # type: ignore[call-overload]


def test_scenes_by_name() -> None:
    scenes = data.load("scenes", split="validation", n=2, seed=3)
    assert (len(scenes), scenes.split) == (2, "validation")
    assert set(scenes.captions) == {"en", "fa"}
    assert scenes.objects is not None
    assert scenes.objects[0][0].mask.shape == scenes.images.shape[2:]


@prepared
def test_the_real_sets() -> None:
    sizes = {
        name: [len(data.caption_set(name).read(split, None, 0)) for split in data.SPLITS]
        for name in ("flickr8k-1000", "coco-mini")
    }
    assert sizes == {"flickr8k-1000": [800, 100, 100], "coco-mini": [119, 10, 30]}
    assert all(len(texts) == 5 for texts in data.load("coco-mini").captions["fa"])
    persian = [
        texts
        for split in data.SPLITS
        for texts in data.load("flickr8k-1000", split=split).captions["fa"]
    ]
    assert all(persian)
    assert sum(map(len, persian)) == 4_996
    assert len(base.flickr_pairs()) == 17_708 - 4_996
    # Each of the 40 held-out pictures has five captions among the pairs.
    assert len(base.text_pairs(whole=True)) == 25_014
    assert len(base.text_pairs()) == 25_014 - 40 * 5


# -- one's own -------------------------------------------------------------------------------

CSV = "file,caption,language\nb.png,A dog.,en\na.png,A cat.,en\nb.png,یک سگ,fa\n"
FILES = {"photos/a.png": picture(10), "photos/b.png": picture(200), "photos/c.png": b"unused"}


def folder(where: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = where / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return where / "folder"


def zipped(where: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(where / "pictures.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return where / "pictures.zip"


def written(where: Path, text: str | bytes) -> Path:
    path = where / "captions.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


BOTH = pytest.mark.parametrize("make", [folder, zipped])
Make = Callable[[Path, dict[str, bytes]], Path]


@BOTH
def test_pictures_with_a_csv(tmp_path: Path, make: Make) -> None:
    own = read_folder(make(tmp_path, FILES), captions=written(tmp_path, CSV))
    assert (own.name, own.split, len(own)) == ("own", "whole", 2)
    assert own.captions == {"en": (("A dog.",), ("A cat.",)), "fa": (("یک سگ",), ())}
    assert own.images[:, 0, 0, 0].tolist() == [200, 10]
    assert own.images.shape == (2, 3, 224, 224)


@BOTH
def test_pictures_with_cocos_json(tmp_path: Path, make: Make) -> None:
    content = {
        "images": [{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "never.png"}],
        "annotations": [{"image_id": 7, "caption": "A cat.\n"}, {"image_id": 7, "caption": "Cat"}],
    }
    text = written(tmp_path, json.dumps(content))
    own = read_folder(make(tmp_path, FILES), captions=text, language="en", size=64)
    assert own.captions == {"en": (("A cat.", "Cat"),)}
    assert own.images.shape == (1, 3, 64, 64)
    assert own.images[0, 0, 0, 0] == 10


def test_more_pictures_than_there_is_room_for(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected at most 1 pictures here, got 2"):
        read_folder(folder(tmp_path, FILES), captions=written(tmp_path, CSV), most=1)


@pytest.mark.parametrize(
    ("inside", "wanted"),
    [
        ("photos\\b.png", "photos/b.png"),
        ("photos/b.png", "photos\\b.png"),
        ("photos/b.png", "./photos/b.png"),
        ("./photos/b.png", "b.png"),
        ("Photos/B.PNG", "photos/b.png"),
        ("photos/b.png", "B.png"),
        ("caf\u00e9.png", "CAFE\u0301.png"),
    ],
)
def test_a_name_is_found_as_other_systems_write_it(
    tmp_path: Path, inside: str, wanted: str
) -> None:
    file = tmp_path / "pictures.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.png", picture())
        archive.writestr(inside, picture())
    text = written(tmp_path, f"file,caption,language\n{wanted},dog,EN\na.png,Hund,En\n")
    own = read_folder(file, captions=text)
    assert own.captions == {"en": (("dog",), ("Hund",))}


def test_names_that_differ_only_in_case_are_two_names(tmp_path: Path) -> None:
    file = tmp_path / "pictures.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.png", picture())
        archive.writestr("A.png", picture())
    csv = "file,caption\n{},dog\n"
    for name in ("a.png", "A.png"):
        own = read_folder(file, captions=written(tmp_path, csv.format(name)), language="EN")
        assert len(own) == 1
    with pytest.raises(ValueError, match=r"expected one picture 'a.PNG', got 2 of this name"):
        read_folder(file, captions=written(tmp_path, csv.format("a.PNG")), language="en")


def test_refused_captions_are_not_quoted_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"), pytest.raises(ValueError, match="damaged"):
        read_folder(tmp_path, captions=b'{"secret": "\xff"}', language="en")
    assert caplog.records
    assert "secret" not in caplog.text


def test_a_language_for_those_that_say_none(tmp_path: Path) -> None:
    text = written(tmp_path, "File;Caption\na.png;یک گربه، سفید\n")
    own = read_folder(folder(tmp_path, FILES), captions=text, language="Persian")
    assert own.captions == {"fa": (("یک گربه، سفید",),)}


def test_parts_of_ones_own() -> None:
    whole = CaptionSet(
        name="own",
        split="whole",
        images=torch.arange(25).view(25, 1, 1, 1).expand(25, 3, 2, 2).byte(),
        captions={"en": tuple((str(i),) for i in range(25))},
        indices=torch.arange(25),
    )
    parts = {split: part(whole, split) for split in data.SPLITS}
    assert {split: len(one) for split, one in parts.items()} == {
        "train": 21,
        "validation": 2,
        "test": 2,
    }
    assert sorted(int(i) for one in parts.values() for i in one.images[:, 0, 0, 0]) == [*range(25)]
    with pytest.raises(ValueError, match="expected a whole set"):
        part(parts["train"], "test")
    with pytest.raises(ValueError, match="at least 10 pictures to split, got 9"):
        part(whole.take(torch.arange(9)), "test")
    with pytest.raises(ValueError, match="expected split to be"):
        part(whole, "whole")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a CSV file, got an empty file"),
        (b"PK\3\4", "got an Excel or ZIP file"),
        ("image,caption\na.png,dog\n", "the columns file and caption, got 'image', 'caption'"),
        ("file,caption\na.png,dog\n", "a language for every caption, got none in row 2"),
        ("file,caption,language\na.png,dog,fr\n", "to be one of en, fa, got 'fr' in row 2"),
        ("file,caption,language\na.png,...,en\n", "words in every caption, got none in row 2"),
        ("file,caption,language\n,dog,en\n", "name of a picture, got none in row 2"),
        ("file,caption,language\nx.png,dog,en\ny.png,dog,en\n", "named 'x.png' and 1 others"),
        ("file,caption,language\n../captions.txt,dog,en\n", "none named '../captions.txt'"),
        ("file,caption,language\n/etc/passwd,dog,en\n", "none named '/etc/passwd'"),
        ("file,caption,language\nc.png,dog,en\n", "got text named .png in 'photos/c.png'"),
        (CSV[:-1] + "," + "\n", "expected 3 cells in every row, got 4 in row 4"),
    ],
)
@BOTH
def test_captions_that_are_refused(
    tmp_path: Path, make: Make, text: str | bytes, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read_folder(make(tmp_path, FILES), captions=written(tmp_path, text))


def coco(**change: object) -> str:
    content = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "annotations": [{"image_id": 1, "caption": "dog"}],
    }
    return json.dumps(content | change)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "as JSON, got a damaged file"),
        ("[" * 100_000, "as JSON, got a damaged file"),
        ('{"images": ' + "9" * 10_000 + "}", "as JSON, got a damaged file"),
        (b'{"\xff": 1}', "as JSON, got a damaged file"),
        ("[]", "a list of images"),
        (coco(images=[]), "a list of images"),
        (coco(images=[1]), "a list of images"),
        (coco(annotations={}), "a list of annotations"),
        (coco(images=[{"id": [], "file_name": "a.png"}]), "a number as id of every image"),
        (coco(images=[{"id": 1, "file_name": 2}]), "text as file_name of every image"),
        (coco(annotations=[{"image_id": 2, "caption": "dog"}]), "an image for every annotation"),
        (coco(annotations=[{"image_id": 1}]), "text as caption of every annotation"),
        (coco(annotations=[{"image_id": 1, "caption": "a" * 1001}]), "1,001 in annotation 1"),
    ],
)
def test_json_that_is_refused(tmp_path: Path, text: str | bytes, message: str) -> None:
    pictures = folder(tmp_path, FILES)
    with pytest.raises(ValueError, match=message):
        read_folder(pictures, captions=written(tmp_path, text), language="en")


def test_json_says_no_language(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected a language"):
        read_folder(folder(tmp_path, FILES), captions=written(tmp_path, coco()))
    with pytest.raises(ValueError, match="expected language to be one of en, fa, got 'fr'"):
        read_folder(tmp_path, captions=written(tmp_path, coco()), language="fr")


ONE = "file,caption,language\na.png,dog,en\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "got an empty file in 'a.png'"),
        (picture()[:45], "damaged or truncated file in 'a.png'"),
        (picture(size=(4, 4)), "at least 8x8 pixels, got 4x4 in 'a.png'"),
        (b"\0" * (10 * 2**20 + 1), "at most 10 MB, got 10.0 MB in 'a.png'"),
    ],
    ids=["empty", "cut", "small", "large"],
)
@BOTH
def test_pictures_that_are_refused(
    tmp_path: Path, make: Make, content: bytes, message: str
) -> None:
    pictures = make(tmp_path, {"a.png": content})
    with pytest.raises(ValueError, match=message):
        read_folder(pictures, captions=written(tmp_path, ONE))


def test_one_name_for_two_pictures(tmp_path: Path) -> None:
    pictures = folder(tmp_path, {"x/a.png": picture(), "y/a.png": picture()})
    with pytest.raises(ValueError, match=r"expected one picture 'a\.png', got 2 of this name"):
        read_folder(pictures, captions=written(tmp_path, ONE))


def test_names_in_another_unicode_form(tmp_path: Path) -> None:
    pictures = folder(tmp_path, {"cafe\u0301.png": picture(9)})
    text = written(tmp_path, "file,caption,language\ncaf\u00e9.png,dog,en\n")
    assert len(read_folder(pictures, captions=text)) == 1


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(picture())
    pictures = folder(tmp_path, {"b.png": picture()})
    (pictures / "a.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(ValueError, match="expected a file inside the folder"):
        read_folder(pictures, captions=written(tmp_path, ONE))


def test_a_zip_that_unpacks_to_far_more_than_it_is(tmp_path: Path) -> None:
    bomb = zipped(tmp_path, {f"{i}.png": b"\0" * (9 * 2**20) for i in range(12)})
    with pytest.raises(ValueError, match=r"at most 50 times its size, got 1,\d\d\d times"):
        read_folder(bomb, captions=written(tmp_path, ONE))


def test_a_zip_that_lies_about_a_size(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a.png": picture() + b"\0" * 10**6})
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\1\2") + 24  # the uncompressed size in the central directory
    content[at : at + 4] = struct.pack("<I", 100)
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match=r"in 'a\.png'"):
        read_folder(path, captions=written(tmp_path, ONE))


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_without_a_limit_are_refused(tmp_path: Path, packing: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", packing) as archive:
        archive.writestr("a.png", picture())
    with pytest.raises(ValueError, match="stored or deflated"):
        read_folder(tmp_path / "a.zip", captions=written(tmp_path, ONE))


def test_an_encrypted_zip(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a.png": picture()})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match="without a password"):
        read_folder(path, captions=written(tmp_path, ONE))


def test_neither_folder_nor_zip(tmp_path: Path) -> None:
    text = written(tmp_path, ONE)
    with pytest.raises(ValueError, match=r"folder or zip of pictures, got no such 'nowhere'"):
        read_folder(tmp_path / "nowhere", captions=text)
    with pytest.raises(ValueError, match="got a damaged or other file"):
        read_folder(text, captions=text)
    with pytest.raises(ValueError, match=r"captions as a CSV or JSON file, got no file 'no\.csv'"):
        read_folder(tmp_path, captions=tmp_path / "no.csv")


def test_reading_tells_how_far_it_is_and_can_be_stopped(tmp_path: Path) -> None:
    seen: list[float] = []
    where, text = folder(tmp_path, FILES), written(tmp_path, CSV)
    read_folder(where, captions=text, on_progress=seen.append)
    assert seen == [0.5, 1.0]

    class Stopped(Exception):
        pass

    def stop(share: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        read_folder(where, captions=text, on_progress=stop)


def test_many_large_pictures_are_refused_before_all_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trustai.data.picture_files.PIXELS_EACH", 30)  # ten times 30 in all
    where = folder(tmp_path, {f"{i}.png": picture(10) for i in range(10)})
    text = written(tmp_path, "file,caption\n" + "".join(f"{i}.png,A dog.\n" for i in range(10)))
    seen: list[float] = []
    with pytest.raises(ValueError, match="expected pictures of at most 0 megapixels on average"):
        read_folder(where, captions=text, language="en", on_progress=seen.append)
    assert len(seen) < 9
