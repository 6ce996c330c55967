"""What the catalogue's API reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import DataAndFiles, MultiPartParser


class FormWithFile(MultiPartParser):
    """A form that may bring a file. One without any field is a mistake of the client's, not "change nothing"."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> DataAndFiles[Any, Any]:
        """The fields and files. Errors: 400 where the form cannot be read or holds none."""
        form = super().parse(stream, media_type, parser_context)
        if not form.data and not form.files:
            raise ParseError(_("The form holds no field."))
        return form
