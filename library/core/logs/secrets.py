"""Log lines without what opens doors: addresses that are secrets themselves, and query strings."""

from __future__ import annotations

import logging
import re

# The parts of paths behind which a secret stands. A test walks all addresses that take free text.
BEFORE_SECRETS = ("/accounts/invitation/", "/calendar/")
CUT = "…"
_SECRETS = re.compile("(" + "|".join(map(re.escape, BEFORE_SECRETS)) + r")[^\s/?\"'<>]+")
_QUERIES = re.compile(r"(/[^\s?\"'<>]*\?)[^\s\"'<>]+")


class CarefulFormatter(logging.Formatter):
    """As the plain one, but whatever a line or its traceback holds of secret addresses and queries is cut."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class WithoutTrace(logging.Filter):
    """A part that is away is told in one line: the trace would show where it was missed, not why it is gone."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) in {503, 507}:
            record.exc_info = record.exc_text = None
        return True


def without_secrets(line: str) -> str:
    return _QUERIES.sub(rf"\1{CUT}", _SECRETS.sub(rf"\1{CUT}", line))
