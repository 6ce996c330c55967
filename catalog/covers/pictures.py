"""A picture that came from outside, made anew in the sizes that are shown: nothing foreign is kept of it."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LARGEST = 10 * 1024 * 1024  # bytes of what comes
PIXELS = 24_000_000  # of it: twice a telephone's photograph; it is wholly in memory for a moment
KINDS = ("PNG", "JPEG", "WEBP", "GIF")
LEAST = 60  # pixels on the shorter side: some sources answer with a dot where they have nothing
LONGEST_SHAPE = 4  # times as high as wide, or as wide as high
WIDTHS = {"large": 800, "medium": 320, "small": 160}  # pixels, at most; heights at most twice that
JPEG_WIDTH = 640
BLANK = 6  # of 255: a picture whose shades all lie as near to each other shows nothing


@dataclass(frozen=True)
class CoverPictures:
    """``sizes``: WebP by the names of ``WIDTHS``, and ``jpeg``. ``width``, ``height``: of the large one, in pixels."""

    sizes: dict[str, bytes]
    width: int
    height: int

    @property
    def key(self) -> str:
        """32 hexadecimal digits that change with the picture."""
        return hashlib.sha256(self.sizes["large"]).hexdigest()[:32]


def made_anew(content: IO[bytes], *, size: int) -> CoverPictures:
    """The picture in ``content``, which has ``size`` bytes, by what it is and not by its name: upright, in the colours
    of screens, on white, without what cameras and programs wrote beside it. Of one that moves, the first moment.

    Errors: ``ValidationError`` where it is empty, too large or small, no whole picture, or of no cover's shape.
    """
    if not 0 < size <= LARGEST:
        raise ValidationError(_("A cover is a file of at most 10 MB."), code="cover_size")
    content.seek(0)
    try:
        picture = _opened(content)
    except ValidationError:
        raise
    except Exception as fault:  # each kind of picture breaks in its own way
        sentence = _("This is no PNG, JPEG, WebP or GIF that can be read, whatever its name says.")
        raise ValidationError(sentence, code="cover_unreadable") from fault
    _check_shape(picture)
    large = _within(picture, WIDTHS["large"])
    sizes = {name: _webp(_within(large, width)) for name, width in WIDTHS.items()}
    return CoverPictures(sizes | {"jpeg": _jpeg(_within(large, JPEG_WIDTH))}, large.width, large.height)


def is_blank(content: bytes) -> bool:
    """Whether a picture of our own making shows one colour and nothing else, as an empty page does."""
    from PIL import Image

    with Image.open(io.BytesIO(content)) as found:
        darkest, lightest = found.convert("L").resize((64, 96)).getextrema()
    return int(lightest) - int(darkest) <= BLANK  # type: ignore[arg-type]  # one band: two numbers


def _opened(content: IO[bytes]) -> Any:
    """Upright, in red, green and blue."""
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a picture of many pixels is refused, not warned of
        found = Image.open(content, formats=KINDS)
        if found.width * found.height > PIXELS:
            raise ValidationError(_("A cover has at most 24 million pixels."), code="cover_size")
        found.draft("RGB", (2 * WIDTHS["large"], 4 * WIDTHS["large"]))  # a JPEG is made smaller while it is read
        shown = ImageOps.exif_transpose(_halved(found)).convert("RGBA")
    bare = Image.new("RGB", shown.size, "white")
    bare.paste(shown, mask=shown.getchannel("A"))
    return bare


def _halved(found: Any) -> Any:
    """As a whole picture, of half, a third … of its pixels each way while that leaves more than is kept."""
    found.load()
    times = min(found.size) // (2 * WIDTHS["large"])
    return found.reduce(times) if times > 1 and found.mode in {"RGB", "RGBA", "L", "CMYK"} else found


def _check_shape(picture: Any) -> None:
    shorter, longer = sorted(picture.size)
    if shorter < LEAST:
        raise ValidationError(
            _("The picture is too small: a cover has at least %(least)d pixels each way.") % {"least": LEAST},
            code="cover_small",
        )
    if longer > LONGEST_SHAPE * shorter:
        raise ValidationError(_("This picture is too long for a cover."), code="cover_shape")


def _within(picture: Any, width: int) -> Any:
    smaller = picture.copy()
    smaller.thumbnail((width, 2 * width))
    return smaller


def _webp(picture: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, "WEBP", quality=82, method=4)
    return written.getvalue()


def _jpeg(picture: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=85, optimize=True, progressive=True)
    return written.getvalue()
