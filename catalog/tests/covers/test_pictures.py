"""What is made of a picture from outside, and what is none."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from PIL import Image, PngImagePlugin

from catalog.covers.pictures import LARGEST, CoverPictures, is_blank, made_anew
from catalog.tests.covers.images import content, picture, png_that_claims


def made(body: bytes) -> CoverPictures:
    return made_anew(io.BytesIO(body), size=len(body))


def opened(body: bytes) -> Image.Image:
    found = Image.open(io.BytesIO(body))
    found.load()
    return found


def refused(body: bytes) -> str:
    with pytest.raises(ValidationError) as refusal:
        made(body)
    return str(refusal.value.code)


def test_one_picture_becomes_all_sizes():
    sizes = made(content("JPEG", size=(1200, 1800))).sizes

    kinds = {name: (opened(body).format, opened(body).size) for name, body in sizes.items()}
    assert kinds == {
        "large": ("WEBP", (800, 1200)),
        "medium": ("WEBP", (320, 480)),
        "small": ("WEBP", (160, 240)),
        "jpeg": ("JPEG", (640, 960)),
    }


def test_a_small_picture_is_not_blown_up():
    found = made(content(size=(100, 150)))

    assert (found.width, found.height) == (100, 150)
    assert opened(found.sizes["small"]).size == (100, 150)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("PNG", mode) for mode in ("RGBA", "P", "1", "I;16", "LA")),
        *(("JPEG", mode) for mode in ("L", "CMYK")),
        *(("WEBP", mode) for mode in ("RGB", "RGBA")),
        ("GIF", "P"),
    ],
)
def test_every_kind_of_picture_is_taken(kind, mode):
    assert opened(made(content(kind, mode=mode)).sizes["large"]).mode == "RGB"


def test_colours_stay_through_cmyk():
    red, green, blue = opened(made(content("JPEG", mode="CMYK", colour="red")).sizes["large"]).getpixel((60, 150))  # type: ignore[misc]

    assert red > 200
    assert max(green, blue) < 60


def test_what_is_transparent_is_white():
    written = io.BytesIO()
    Image.new("RGBA", (100, 150), (0, 0, 0, 0)).save(written, "PNG")

    assert opened(made(written.getvalue()).sizes["jpeg"]).getpixel((50, 75)) == (255, 255, 255)


@pytest.mark.parametrize("size", [(180, 120), (3600, 2400)])
def test_a_picture_that_lies_on_its_side_is_turned(size):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter to the right
    found = made(content("JPEG", size=size, exif=exif.tobytes()))

    assert found.width < found.height
    large = opened(found.sizes["large"])
    assert min(large.getpixel((large.width - 8, large.height // 2))) > 200, "what was at the top is at the right"  # type: ignore[arg-type]


def test_nothing_foreign_is_kept():
    exif = Image.Exif()
    exif[0x010F], exif[0x8825] = "Maker", {1: "N", 2: (52.0, 30.0, 0.0)}
    notes = PngImagePlugin.PngInfo()
    notes.add_text("comment", "who bought this")
    for body in (
        content("JPEG", exif=exif.tobytes(), icc_profile=b"profile" * 9, comment=b"secret words"),
        content("PNG", pnginfo=notes) + b"<script>alert(1)</script>",
        content("WEBP", exif=exif.tobytes(), xmp=b"<xmp>secret words</xmp>"),
    ):
        for kept in made(body).sizes.values():
            found = opened(kept)
            assert not found.getexif()
            assert not {"icc_profile", "comment", "xmp", "exif"} & found.info.keys()
            for word in (b"secret", b"script", b"bought", b"Maker", b"profile"):
                assert word not in kept


def test_of_what_moves_the_first_moment_is_taken():
    written = io.BytesIO()
    frames = [picture(colour=colour) for colour in ("red", "blue")]
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:])

    assert not getattr(opened(made(written.getvalue()).sizes["large"]), "is_animated", False)
    assert opened(made(written.getvalue()).sizes["large"]).getpixel((60, 150))[0] > 200  # type: ignore[index]


def test_the_same_picture_has_the_same_key_and_another_another():
    assert made(content()).key == made(content()).key != made(content(colour="navy")).key
    assert len(made(content()).key) == 32


@pytest.mark.parametrize(
    "body",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><title>cover.png</title>",
        b"%PDF-1.7 and so on",
        b"MZ\x90\x00",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        content("BMP"),
        content("TIFF"),
        content("ICO"),
    ],
)
def test_a_disguise_is_refused(body):
    assert refused(body) == "cover_unreadable"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_half_a_picture_is_refused(kind):
    whole = content(kind, size=(400, 600))

    assert refused(whole[: len(whole) // 2]) == "cover_unreadable"


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (5_000, 5_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_opens(width, height):
    assert refused(png_that_claims(width, height)) in {"cover_size", "cover_unreadable"}


def test_too_little_and_too_much_is_refused():
    assert refused(b"") == "cover_size"
    with pytest.raises(ValidationError, match="10 MB"):
        made_anew(io.BytesIO(b"x"), size=LARGEST + 1)


@pytest.mark.parametrize(
    ("size", "code"), [((1, 1), "cover_small"), ((59, 200), "cover_small"), ((100, 500), "cover_shape")]
)
def test_what_is_no_covers_shape_is_refused(size, code):
    assert refused(content(size=size)) == code


@pytest.mark.parametrize(("colour", "blank"), [("white", True), ((250, 251, 252), True), ("teal", False)])
def test_a_page_of_one_colour_is_blank(colour: Any, blank: bool):
    body = made(content(size=(100, 150), colour=colour)).sizes["small"]

    assert is_blank(body) == blank
