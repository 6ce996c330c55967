"""What a line of the log leaves out: the values of rows, and traces of what is no fault of ours."""

from __future__ import annotations

import logging
import re

# What uvicorn 0.54 says of each socket that was refused by an answer of HTTP; the answer was sent.
REFUSED_SOCKET = "ASGI callable returned without completing handshake."
# What PostgreSQL says after the first line of an error repeats rows and statements: addresses, hashes, texts of books.
TELLS_VALUES = re.compile(r"^(?:DETAIL|CONTEXT|QUERY|HINT|STATEMENT|LINE \d+):.*(?:\n[ \t]+.*)*\n?", re.MULTILINE)


class Quiet(logging.Filter):
    """Takes PostgreSQL's details out of traces and messages, and the ten lines out of Celery's warnings: that a broker
    is away, and tried again, is one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "uvicorn.error" and record.msg == REFUSED_SOCKET:
            return False
        if record.name.startswith("celery") and record.levelno <= logging.WARNING:
            record.exc_info = record.exc_text = None
            record.msg, record.args = " ".join(record.getMessage().split()), None
        if record.exc_info:
            trace = record.exc_text or logging.Formatter().formatException(record.exc_info)
            record.exc_text = TELLS_VALUES.sub("", trace).rstrip()
        if "\n" in str(record.msg) or record.args:
            record.msg, record.args = TELLS_VALUES.sub("", record.getMessage()), None
        return True
