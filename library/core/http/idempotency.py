"""A request that is sent again is answered again, and done once.

The answer is kept in the transaction of the work: there is one exactly when the work was done. A second request with
the same key meets the first at the row's unique constraint, waits there, and gets the first one's answer; where the
first failed, it writes the row itself and does the work. Refusals are not kept: what was refused may be tried again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from library.core.database.raw_rows import execute, fetch
from library.core.errors import InvalidInput, LibraryError
from library.core.models import KeptAnswer

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
FIELD = "once"  # of a page's form: see the template tag of that name
KEPT_FOR = timedelta(hours=24)
KEY_LENGTH = 200
SWEPT_AT_ONCE = 5_000
# Waits for another that is under way with this key; gives no row where that one was committed.
BEGIN = """
INSERT INTO core_keptanswer (user_id, key, request_hash, created_at) VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING RETURNING id"""
END = "UPDATE core_keptanswer SET status = %s, body = %s WHERE id = %s"
_View = TypeVar("_View")


class IdempotencyKeyReused(LibraryError):
    code = "idempotency_key_reused"
    message = gettext_lazy("This Idempotency-Key came with another request before. Use a new one for each request.")
    status = 422


@dataclass(frozen=True)
class StoredAnswer:
    """What was answered: an HTTP status and what JSON can hold. ``is_replayed``: an earlier request did the work."""

    status: int
    body: Any
    is_replayed: bool = False


def once(
    *, user_id: UUID, key: str, asked: Mapping[str, Any], work: Callable[[], StoredAnswer], at: datetime | None = None
) -> StoredAnswer:
    """Do ``work`` in a transaction, unless the same user did it with this key within a day: then its answer again.

    ``asked``: all that tells this request from another, as JSON could hold it. What ``work`` raises undoes everything.
    Errors: ``IdempotencyKeyReused`` where the key came with another request.
    """
    at = at or timezone.now()
    digest = sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
    while True:
        with transaction.atomic():
            begun = fetch(BEGIN, [user_id, key, digest, timezone.now()])
            if begun:
                return _first(begun[0][0], work)
        kept = KeptAnswer.objects.filter(user_id=user_id, key=key).first()
        if kept is None:
            continue  # it was swept, or its own transaction has just been undone
        if kept.created_at <= at - KEPT_FOR:
            kept.delete()  # older than a day: the key is free again
            continue
        if kept.request_hash != digest:
            raise IdempotencyKeyReused
        return StoredAnswer(kept.status or 200, json.loads(str(kept.body)), is_replayed=True)


def _first(row: int, work: Callable[[], StoredAnswer]) -> StoredAnswer:
    from rest_framework.renderers import JSONRenderer

    answer = work()
    # As text: the database would put the names of an object into an order of its own.
    text = JSONRenderer().render(answer.body).decode() or "null"
    execute(END, [answer.status, json.dumps(text), row])
    return answer


def repeatable(handler: Callable[..., Response]) -> Callable[..., Response]:
    """Let a method of an API view obey the header ``Idempotency-Key`` (at most 200 characters).

    The repetition has the header ``Idempotent-Replayed: true``. The handler must answer with what JSON can hold, and
    do all its writing in the database.
    """

    @wraps(handler)
    def answered(view: _View, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None or not request.user.is_authenticated:
            return handler(view, request, *args, **kwargs)
        asked = {"method": request.method, "path": request.get_full_path(), "body": request.data}
        first: list[Response] = []

        def work() -> StoredAnswer:
            response = handler(view, request, *args, **kwargs)
            first.append(response)
            if response.status_code >= 400:
                raise _Refused
            return StoredAnswer(response.status_code, response.data)

        try:
            answer = once(user_id=request.user.pk, key=_checked(key), asked=asked, work=work)
        except _Refused:
            return first[-1]
        if not answer.is_replayed:
            return first[-1]
        from rest_framework.response import Response

        return Response(answer.body, status=answer.status, headers={REPLAYED: "true"})

    return answered


class _Refused(Exception):
    """The handler answered with a refusal: undo what it wrote, keep nothing."""


def form_once(request: HttpRequest, work: Callable[[], Any]) -> StoredAnswer:
    """``work`` for a page's form, once for each time that the form was shown: reload, back and a double click are safe.

    The form has ``{% once %}``; without it, ``work`` is done each time. ``work`` gives what JSON can hold, for instance
    the message to show; what it raises undoes everything and is not kept.
    """
    key = request.POST.get(FIELD, "")
    if not key or not request.user.is_authenticated:
        return StoredAnswer(200, work())
    fields = {name: request.POST.getlist(name) for name in request.POST if name not in {FIELD, "csrfmiddlewaretoken"}}
    asked = {"method": request.method, "path": request.path, "body": fields}
    return once(user_id=request.user.pk, key=_checked(key), asked=asked, work=lambda: StoredAnswer(200, work()))


def _checked(key: str) -> str:
    if not key or len(key) > KEY_LENGTH or not key.isprintable():
        sentence = _("1 to %(most)d printable characters.") % {"most": KEY_LENGTH}
        raise InvalidInput(sentence, fields={HEADER: [sentence]})
    return key


def sweep(*, at: datetime | None = None) -> int:
    """Forget answers that are older than a day; how many."""
    old = KeptAnswer.objects.filter(created_at__lt=(at or timezone.now()) - KEPT_FOR)
    count, _by_model = KeptAnswer.objects.filter(pk__in=old.values("pk")[:SWEPT_AT_ONCE]).delete()
    return count
