"""Uploaded pictures: every accepted format gives correct RGB, everything else one sentence."""

from __future__ import annotations

import io
import re
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from trustai.data.uploads import (
    CROPS,
    MAX_SIDE,
    Picture,
    read_image,
    to_square,
    to_tensor,
)

SENTENCE = re.compile(r"expected [^\n]+, got [^\n]+")
ALL_FORMATS = ["PNG", "JPEG", "WEBP", "BMP", "GIF"]


def _bytes(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _quadrants(width: int = 64, height: int = 48) -> Image.Image:
    """Red, green / blue, white: tells every turn and mirror image from every other."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (255, 0, 0)
    pixels[: height // 2, width // 2 :] = (0, 255, 0)
    pixels[height // 2 :, : width // 2] = (0, 0, 255)
    pixels[height // 2 :, width // 2 :] = (255, 255, 255)
    return Image.fromarray(pixels)


def _png(ihdr: tuple[int, int, int, int], rows: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG by hand: (width, height, bits, colour type), raw rows, chunks before the pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", *ihdr, 0, 0, 0)
    return b"".join(
        [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", head), *(chunk(n, b) for n, b in chunks),
         chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    )  # fmt: skip


def _refused(data: bytes, *words: str, filename: str = "x.png") -> None:
    outcome = _tried(data, filename)
    assert isinstance(outcome, str), "a picture was read"
    for word in words:
        assert word in outcome


def _tried(data: bytes, filename: str = "x.jpg") -> Picture | str:
    """The picture, or the one sentence that says why there is none; nothing else may come out."""
    try:
        picture = read_image(data, filename=filename)
    except ValueError as error:
        message = str(error)
    else:
        assert picture.pixels.shape == (picture.height, picture.width, 3)
        return picture
    assert SENTENCE.fullmatch(message), message
    return message


@pytest.mark.parametrize("kind", ALL_FORMATS)
def test_every_format_brings_the_same_picture(kind: str) -> None:
    options = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    if kind == "WEBP":
        options = {"lossless": True}
    data = _bytes(_quadrants(), kind, **options)
    picture = read_image(data, filename="anything")
    assert (picture.format, picture.width, picture.height) == (kind, 64, 48)
    assert picture.pixels.shape == (48, 64, 3)
    assert picture.pixels.dtype == np.uint8
    tolerance = 6 if kind == "JPEG" else 0
    difference = np.abs(picture.pixels.astype(int) - np.asarray(_quadrants()).astype(int))
    inner = difference[4:20, 4:28], difference[28:44, 36:60]
    assert max(part.max() for part in inner) <= tolerance
    assert picture.notes == ()
    assert len(picture.sha256) == 64


def test_the_pixels_cannot_be_changed_by_one_page_for_another() -> None:
    picture = read_image(_bytes(_quadrants(), "PNG"))
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0, 0] = 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_every_exif_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    undo = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
            4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
            6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_270}  # fmt: skip
    stored = _quadrants()
    if orientation > 1:
        stored = stored.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read_image(_bytes(stored, kind, exif=exif, quality=95))
    assert picture.pixels.shape == (48, 64, 3)
    want = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    got = [picture.pixels[12, 16], picture.pixels[12, 48], picture.pixels[36, 16],
           picture.pixels[36, 48]]  # fmt: skip
    assert np.abs(np.array(got, int) - np.array(want, int)).max() <= 8
    assert ("turned upright" in picture.notes) == (orientation > 1)


def test_broken_exif_does_not_cost_the_picture() -> None:
    exif = b"Exif\0\0" + b"II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\0\xff\xff\xff\xff"
    assert read_image(_bytes(_quadrants(), "JPEG", exif=exif)).width == 64


@pytest.mark.parametrize(
    ("cmyk", "rgb"), [((0, 255, 255, 0), (255, 0, 0)), ((255, 0, 255, 0), (0, 255, 0)),
                      ((0, 0, 0, 255), (0, 0, 0)), ((0, 0, 0, 0), (255, 255, 255))]
)  # fmt: skip
def test_cmyk_red_is_red(cmyk: tuple[int, ...], rgb: tuple[int, ...]) -> None:
    picture = read_image(_bytes(Image.new("CMYK", (32, 32), cmyk), "JPEG", quality=95))
    assert np.abs(picture.pixels[16, 16].astype(int) - rgb).max() <= 3


@pytest.mark.parametrize(("value", "want"), [(0, 0), (32768, 128), (65535, 255), (257, 1)])
def test_16_bit_grey_is_scaled_not_clipped(value: int, want: int) -> None:
    image = Image.new("I;16", (16, 16), value)
    image.putpixel((0, 0), 65535)  # without any bright value it is taken for 12 bits, see below
    picture = read_image(_bytes(image, "PNG"))
    assert np.abs(picture.pixels[1:].astype(int) - want).max() <= 1


def test_12_bits_in_16_are_not_nearly_black() -> None:
    image = Image.new("I;16", (16, 16), 2048)
    image.putpixel((0, 0), 4095)
    picture = read_image(_bytes(image, "PNG"))
    assert np.abs(picture.pixels[1:].astype(int) - 128).max() <= 1
    assert picture.notes == ("taken for 12-bit grey, as it would be nearly black in 16 bits",)


def test_a_picture_that_is_nearly_black_says_so() -> None:
    pixel = struct.pack(">HHH", 4095, 2048, 0)  # 12 bits a colour in 16, of which 8 are read
    picture = read_image(_png((16, 16, 16, 2), (b"\0" + pixel * 16) * 16))
    assert picture.notes == ("it is nearly black",)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "bytes_per_pixel"), [("RGBA", 4), ("LA", 4), ("1", 1), ("P", 1), ("I;16", 2)]
)
def test_a_large_picture_takes_little_more_memory_than_its_pixels(
    mode: str, bytes_per_pixel: int
) -> None:
    data = _bytes(Image.new(mode, (6320, 6320)), "PNG")
    code = (
        "import resource, sys\n"
        "from trustai.data.uploads import read_image\n"
        "data = sys.stdin.buffer.read()\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "read_image(data)\n"
        "print(peak() - before)"
    )
    ran = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    megabytes = int(ran.stdout) / 1024
    assert megabytes < 6320 * 6320 * bytes_per_pixel / 2**20 + 60


def test_strips_give_the_picture_that_the_whole_gave() -> None:
    generator = np.random.default_rng(0)
    pixels = np.tile(generator.integers(0, 256, (150, 210, 4), dtype=np.uint8), (10, 10, 1))
    data = _bytes(Image.fromarray(pixels), "PNG")
    white = Image.new("RGBA", (2100, 1500), "white")
    whole = Image.alpha_composite(white, Image.fromarray(pixels)).convert("RGB")
    whole.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    assert np.array_equal(read_image(data).pixels, np.asarray(whole))


def test_16_bit_colour() -> None:
    pixel = struct.pack(">HHH", 65535, 32768, 0)
    picture = read_image(_png((16, 16, 16, 2), (b"\0" + pixel * 16) * 16))
    assert np.abs(picture.pixels[8, 8].astype(int) - (255, 128, 0)).max() <= 1


def test_grey_with_and_without_alpha() -> None:
    assert (read_image(_bytes(Image.new("L", (9, 9), 77), "PNG")).pixels == 77).all()
    half = read_image(_bytes(Image.new("LA", (9, 9), (0, 128)), "PNG"))
    assert np.abs(half.pixels.astype(int) - 127).max() <= 1
    assert half.notes == ("transparency laid on white",)


def test_one_bit() -> None:
    image = Image.new("1", (16, 16), 0)
    image.paste(1, (0, 0, 8, 16))
    pixels = read_image(_bytes(image, "PNG")).pixels
    assert (pixels[:, :8] == 255).all()
    assert (pixels[:, 8:] == 0).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_alpha_is_laid_on_white(kind: str) -> None:
    image = Image.new("RGBA", (16, 16), (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 8, 16))
    image.paste((0, 0, 255, 128), (8, 8, 16, 16))
    pixels = read_image(_bytes(image, kind, lossless=True)).pixels
    assert (pixels[4, 4] == 255).all()
    assert tuple(pixels[4, 12]) == (255, 0, 0)
    assert np.abs(pixels[12, 12].astype(int) - (127, 127, 255)).max() <= 1


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_palette_with_transparency(kind: str) -> None:
    image = Image.new("P", (16, 16), 0)
    image.putpalette([0, 200, 0, 10, 20, 30])
    image.paste(1, (8, 0, 16, 16))
    pixels = read_image(_bytes(image, kind, transparency=0)).pixels
    assert (pixels[4, 4] == 255).all()
    assert tuple(pixels[4, 12]) == (10, 20, 30)


@pytest.mark.parametrize(
    ("ihdr", "rows", "key", "opaque"),
    [
        ((8, 8, 8, 0), b"\0" + bytes([50] * 4 + [90] * 4), struct.pack(">H", 50), (90, 90, 90)),
        ((8, 8, 1, 0), b"\0\x0f", struct.pack(">H", 0), (255, 255, 255)),
        ((8, 8, 16, 0), b"\0" + b"\x12\x34" * 4 + b"\x40\x40" * 4, b"\x12\x34", (64, 64, 64)),
        ((8, 8, 8, 2), b"\0" + b"\1\2\3" * 4 + b"\7\7\7" * 4, b"\0\1\0\2\0\3", (7, 7, 7)),
        ((8, 8, 16, 2), b"\0" + b"\x11\x11\x22\x22\x33\x33" * 4 + b"\7\7" * 12,
         b"\x11\x11\x22\x22\x33\x33", (7, 7, 7)),
    ],
    ids=["grey8", "grey1", "grey16", "rgb8", "rgb16"],
)  # fmt: skip
def test_a_transparent_colour_becomes_white(
    ihdr: tuple[int, int, int, int], rows: bytes, key: bytes, opaque: tuple[int, int, int]
) -> None:
    pixels = read_image(_png(ihdr, rows * 8, (b"tRNS", key))).pixels
    assert (pixels[3, 1] == 255).all()
    assert tuple(pixels[3, 6]) == opaque


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (16, 16), c) for c in ("#ff0000", "#00ff00", "#0000ff")]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = _bytes(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    picture = read_image(data)
    assert tuple(picture.pixels[8, 8]) == (255, 0, 0)
    assert picture.notes == ("first frame of an animation",)


def test_many_frames_cost_no_more_than_one() -> None:
    frames = [Image.new("P", (16, 16), i % 250) for i in range(3000)]
    data = _bytes(frames[0], "GIF", save_all=True, append_images=frames[1:])
    started = time.process_time()
    assert read_image(data).width == 16
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_large_pictures_are_scaled_and_say_so(kind: str) -> None:
    picture = read_image(_bytes(_quadrants(3000, 1500), kind))
    assert (picture.width, picture.height) == (MAX_SIDE, 512)
    assert picture.notes == ("scaled from 3000x1500 to 1024x512",)
    assert np.abs(picture.pixels[100, 100].astype(int) - (255, 0, 0)).max() <= 8


def test_scaled_and_turned_keeps_the_picture_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = _quadrants(2000, 1000).transpose(Image.Transpose.ROTATE_90)
    picture = read_image(_bytes(stored, "JPEG", exif=exif))
    assert (picture.width, picture.height) == (MAX_SIDE, 512)
    assert picture.pixels[10, 10, 0] > 240
    assert picture.pixels[10, 10, 1] < 15


# What is refused


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "an empty file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing named .png"),
        (b"<?xml version='1.0'?>\n<svg onload='alert(1)'/>", "an SVG drawing"),
        (b"<!DOCTYPE html><html><body>hello</body></html>", "a web page"),
        (b"just a note to myself, long enough", "text"),
        (b"%PDF-1.7 ...", "a PDF file"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "a PostScript file"),
        (b"\x80\x04\x95\x00\x00", "a pickle"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "a HEIC"),
        (b"\x00\x01\x02\x03" * 10, "something else"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, word: str) -> None:
    _refused(data, word)


@pytest.mark.parametrize("kind", ["TIFF", "ICO", "PPM", "TGA", "PCX", "EPS", "PDF", "ICNS", "SGI"])
def test_other_formats_pillow_knows_are_not_accepted(kind: str) -> None:
    image = Image.new("RGB", (32, 32), "red")
    _refused(_bytes(image, kind), "expected a PNG, JPEG, WebP, BMP or GIF picture")


def test_too_many_bytes() -> None:
    _refused(b"\x89PNG\r\n\x1a\n" + bytes(12 * 2**20), "at most 10 MB", "12.0 MB")


@pytest.mark.parametrize("size", [(1, 1), (7, 7), (7, 100), (100, 7)])
@pytest.mark.parametrize("kind", ALL_FORMATS)
def test_too_small(kind: str, size: tuple[int, int]) -> None:
    _refused(_bytes(Image.new("RGB", size), kind), "at least 8x8 pixels", f"{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", [(0, 0), (0, 10), (10, 0)])
def test_without_any_pixel(size: tuple[int, int]) -> None:
    _refused(_png((*size, 8, 2), b""))
    _refused(b"GIF89a" + struct.pack("<HH", *size) + b"\0\0\0;")
    _refused(b"BM" + struct.pack("<IHHIIiiHHI", 54, 0, 0, 54, 40, *size, 1, 24, 0) + bytes(20))


@pytest.mark.parametrize("size", [(20000, 2), (2, 20000), (2000, 20)])
def test_strips(size: tuple[int, int]) -> None:
    _refused(_bytes(Image.new("RGB", size), "PNG"), "no longer than 20:1", f"{size[0]}x{size[1]}")


def _webp_header(width: int, height: int) -> bytes:
    body = bytes([0x10, 0, 0, 0]) + (width - 1).to_bytes(3, "little")
    body += (height - 1).to_bytes(3, "little")
    chunk = b"VP8X" + struct.pack("<I", len(body)) + body + bytes(64)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def _huge_jpeg() -> bytes:
    data = bytearray(_bytes(_quadrants(), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 65000, 65000)
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        _png((50_000, 50_000, 8, 2), b""),
        _png((8000, 8000, 1, 0), bytes(1001) * 8000),
        b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
        b"BM" + struct.pack("<IHHIIiiHHI", 54, 0, 0, 54, 40, 30000, 30000, 1, 24, 0) + bytes(20),
        _webp_header(16384, 16384),
        _huge_jpeg(),
    ],
    ids=["png", "png-that-packs-well", "gif", "bmp", "webp", "jpeg"],
)
def test_decompression_bombs_are_refused_before_they_are_decoded(data: bytes) -> None:
    started = time.process_time()
    _refused(data, "at most 40 megapixels")
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt", b"iCCP"])
def test_compressed_chunks_that_grow_without_end(name: bytes) -> None:
    packed = zlib.compress(bytes(100 * 2**20), 1)
    body = {b"zTXt": b"k\0\0" + packed, b"iTXt": b"k\0\1\0\0\0" + packed,
            b"iCCP": b"k\0\0" + packed}[name]  # fmt: skip
    data = _png((16, 16, 8, 0), bytes(17) * 16, (name, body))
    started = time.process_time()
    outcome = _tried(data)
    assert isinstance(outcome, str) or outcome.width == 16
    assert time.process_time() - started < 2


def test_a_jpeg_of_thousands_of_scans() -> None:
    data = _bytes(_quadrants(), "JPEG", progressive=True)
    start = data.index(b"\xff\xda")
    end = data.index(b"\xff", start + 14)
    _refused(data[:start] + data[start:end] * 5000 + data[start:], "at most 64 scans")


@pytest.mark.parametrize("kind", ALL_FORMATS)
def test_truncated_anywhere(kind: str) -> None:
    data = _bytes(_quadrants(200, 150), kind)
    whole = read_image(data).pixels
    refused = 0
    for length in range(0, len(data), max(1, len(data) // 60)):
        outcome = _tried(data[:length])
        if isinstance(outcome, str):
            refused += 1
        else:
            # A missing end mark is forgiven, missing pixels are not.
            assert np.array_equal(outcome.pixels, whole)
    assert refused >= 50


def test_the_name_is_never_opened(tmp_path: object) -> None:
    path = f"{tmp_path}/secret.png"
    Image.new("RGB", (16, 16)).save(path)
    _refused(path.encode(), "got text", filename=path)
    _refused(b"https://example.org/cat.png", "got text", filename="cat.png")


@settings(max_examples=300, deadline=None)
@given(
    data=st.binary(max_size=400),
    magic=st.sampled_from(
        [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\xff\0\0\0WEBP", b"GIF89a", b"BM"]
    ),
)
def test_random_bytes_never_give_another_error(data: bytes, magic: bytes) -> None:
    _tried(magic + data)


_SEEDS = [
    _bytes(image, kind)
    for kind in ALL_FORMATS
    for image in (_quadrants(24, 16), Image.new("L", (20, 20), 90))
] + [
    _bytes(Image.new("RGBA", (16, 16), (1, 2, 3, 4)), "PNG"),
    _bytes(Image.new("I;16", (16, 16), 4000), "PNG"),
    _bytes(Image.new("CMYK", (16, 16)), "JPEG"),
    _bytes(_quadrants(24, 16), "JPEG", progressive=True),
    _bytes(_quadrants(24, 16), "PNG", save_all=True, append_images=[_quadrants(24, 16)]),
]


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.sampled_from(_SEEDS),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
    keep=st.floats(0.2, 1),
)
def test_mutated_pictures_never_give_another_error(
    seed: bytes, changes: list[tuple[float, int]], keep: float
) -> None:
    data = bytearray(seed)
    for where, value in changes:
        data[int(where * (len(data) - 1))] = value
    _tried(bytes(data[: int(keep * len(data)) + 1]))


def test_eight_threads_read_eight_pictures() -> None:
    files = [_bytes(Image.new("RGB", (40 + i, 30), (20 * i, 0, 0)), "PNG") for i in range(8)]
    alone = [read_image(data).pixels.tobytes() for data in files]
    found: dict[int, list[bytes]] = {}

    def work(number: int) -> None:
        found[number] = [read_image(files[number]).pixels.tobytes() for _ in range(20)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(set(found[i]) == {alone[i]} for i in range(8))


def test_no_setting_of_the_process_is_touched() -> None:
    from PIL import ImageFile

    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    read_image(_bytes(_quadrants(), "PNG"))
    _refused(_png((50_000, 50_000, 8, 2), b""))
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)


# Shapes for the networks


def test_to_square_takes_the_middle() -> None:
    pixels = np.zeros((50, 100, 3), np.uint8)
    pixels[:, 25:75] = 200
    square = to_square(pixels, 50)
    assert square.shape == (50, 50, 3)
    assert (square == 200).all()


@pytest.mark.parametrize("tall", [False, True])
def test_to_square_takes_the_part_that_is_asked_for(tall: bool) -> None:
    pixels = np.zeros((50, 150, 3), np.uint8)
    pixels[:, 50:100], pixels[:, 100:] = 100, 200
    if tall:
        pixels = pixels.transpose(1, 0, 2).copy()
    parts = {crop: to_square(pixels, 50, crop=crop) for crop in CROPS}
    for crop, value in (("start", 0), ("centre", 100), ("end", 200)):
        assert (parts[crop] == value).all()
    assert parts["whole"].shape == (50, 50, 3)
    assert {0, 100, 200} <= set(parts["whole"].ravel().tolist()), "all of it"


def test_to_square_does_not_alias() -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    small = to_square(stripes, 32)
    assert small.std() < 3
    assert abs(float(small.mean()) - 127) < 3


@pytest.mark.parametrize("size", [8, 32, 64, 224])
def test_to_square_up_and_down(size: int) -> None:
    assert to_square(np.full((40, 30, 3), 9, np.uint8), size).shape == (size, size, 3)
    assert (to_square(np.full((40, 30, 3), 9, np.uint8), size) == 9).all()


def test_to_tensor() -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3) * 15
    tensor = to_tensor(pixels)
    assert tuple(tensor.shape) == (1, 3, 2, 3)
    assert str(tensor.dtype) == "torch.float32"
    assert tensor[0, 2, 1, 0].item() == pytest.approx(pixels[1, 0, 2] / 255)
    assert float(tensor.max()) <= 1


@pytest.mark.parametrize("make", [
    lambda: to_square(np.zeros((4, 4, 3), np.float32), 8),
    lambda: to_square(np.zeros((4, 4), np.uint8), 8),
    lambda: to_square(np.zeros((4, 4, 3), np.uint8), 0),
    lambda: to_square(np.zeros((4, 4, 3), np.uint8), 8, crop="left"),
    lambda: to_tensor(np.zeros((4, 4, 4), np.uint8)),
])  # fmt: skip
def test_wrong_shapes_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        make()
