"""A conversation as Markdown, for its reader to keep. Pure but for the words around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from rag.answers.prose import marks
from rag.conversations.models import Conversation, ExchangeState
from rag.conversations.sources import ShownExchange

SPECIAL = re.compile(r"([\\`*_\[\]<>#|~!])")
LINE_START = re.compile(r"^(\s*)([-+=]|\d+[.)])", re.MULTILINE)


def as_markdown(conversation: Conversation, exchanges: Sequence[ShownExchange], *, site: str = "") -> str:
    """All of it, in order: questions as headings, answers, their sources with page and address. ``site``: what stands
    before the addresses of the library."""
    lines = [f"# {escaped(conversation.title)}", "", _("About: {title}").format(title=escaped(conversation.about)), ""]
    for one in exchanges:
        lines += [*_exchange(one, site), ""]
    return "\n".join(lines).rstrip() + "\n"


def escaped(text: str) -> str:
    """``text`` with nothing in it that Markdown or a page made of it would take for its own."""
    return LINE_START.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", text))


def _exchange(one: ShownExchange, site: str) -> Iterator[str]:
    exchange, answer = one.exchange, one.answer
    yield f"## {escaped(exchange.question)}"
    yield ""
    yield f"*{date_format(exchange.created_at, 'DATE_FORMAT')}*"
    yield ""
    if answer is None:
        yield _state(exchange.state, exchange.error)
        return
    yield marks.plain(answer.prose) if answer.prose else escaped(answer.text)
    if exchange.state == ExchangeState.STOPPED:
        yield ""
        yield _("(Stopped here.)")
    if answer.sources:
        yield ""
    for source in answer.sources:
        gone = source.number in one.removed
        place = _("source removed") if gone else source.place
        address = "" if gone or not source.url else f" <{site}{source.url}>"
        yield f"{source.number}. “{escaped(source.quote)}” — {place}{address}"


def _state(state: str, error: str) -> str:
    if state == ExchangeState.FAILED:
        return _("No answer: {why}").format(why=escaped(error))
    return _("No answer.")
