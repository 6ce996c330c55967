"""The library's logo: any picture that is one, kept as a small PNG with nothing else in it."""

from __future__ import annotations

import io
import warnings
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

LARGEST = 2 * 1024 * 1024  # bytes
PIXELS = 16_000_000
SIDE = 600  # pixels, of what is kept
KINDS = ("PNG", "JPEG", "WEBP", "GIF")


def as_png(upload: File[bytes]) -> ContentFile[bytes]:
    """The picture in ``upload``, by its content, made anew: at most 600 pixels wide and high.

    Errors: ``ValidationError`` where it is empty, larger than 2 MB or 16 megapixels, or no whole picture.
    """
    if not upload.size or upload.size > LARGEST:
        raise ValidationError(_("A logo is a file of at most 2 MB."), code="logo_size")
    upload.seek(0)
    try:
        picture = _opened(upload)
    except ValidationError:
        raise
    except Exception as fault:  # each kind of picture breaks in its own way
        raise ValidationError(
            _("This is no PNG, JPEG, WebP or GIF that can be read, whatever its name says."), code="logo_unreadable"
        ) from fault
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=True)
    return ContentFile(written.getvalue())


def _opened(upload: Any) -> Any:
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a picture of many pixels is refused, not warned of
        found = Image.open(upload, formats=KINDS)
        if found.width * found.height > PIXELS:
            raise ValidationError(_("A logo has at most 16 million pixels."), code="logo_size")
        upright = ImageOps.exif_transpose(found)
        plain = upright.convert("RGBA")
        plain.thumbnail((SIDE, SIDE))
    bare = Image.new("RGBA", plain.size)  # without what cameras and programs wrote beside the picture
    bare.paste(plain)
    return bare
