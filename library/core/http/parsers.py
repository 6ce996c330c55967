"""Bodies of API requests, held to what a serializer can take."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 20  # brackets within each other; the deepest request of ours has four
MARKS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|(?P<opens>[\[{])|(?P<closes>[\]}])', re.DOTALL)


class BoundedJSONParser(JSONParser):
    """JSON of at most ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes, nested at most ``DEEPEST`` deep, of text that can be kept.

    Errors: ``ParseError``.
    """

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        encoding = (parser_context or {}).get("encoding", settings.DEFAULT_CHARSET)
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(most + 1)
        if len(body) > most:
            raise ParseError(_("The body is too large."))
        try:
            text = body.decode(encoding)
            if depth(text) > DEEPEST:
                raise ParseError(_("The body is nested too deeply."))
            found = json.loads(text, parse_constant=_refuse_constant)
            json.dumps(found, ensure_ascii=False).encode()  # half of a pair of surrogates is no text
        except (ValueError, LookupError) as fault:
            raise ParseError(_("The body is not JSON.")) from fault
        return found


def depth(text: str) -> int:
    """How many brackets of ``text`` are open at most; those within strings do not count."""
    deepest = opened = 0
    for found in MARKS.finditer(text):
        if found["opens"]:
            opened += 1
            deepest = max(deepest, opened)
        elif found["closes"]:
            opened -= 1
    return deepest


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
