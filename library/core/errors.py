"""The whole error contract: every refusal is a ``LibraryError`` with a code, a sentence and all its reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Level(IntEnum):
    """How heavy a reason is; the heaviest decides."""

    ALERT = 1
    OVERRIDABLE = 2
    IMPOSSIBLE = 3


@dataclass(frozen=True)
class Reason:
    """One reason why something cannot be done, or should be known by who does it."""

    code: str
    level: Level
    detail: str
    values: Mapping[str, str] = field(default_factory=dict, compare=False)  # what filled the sentence

    def as_dict(self) -> dict[str, str]:
        """The reason in the shape of the API."""
        return {"code": self.code, "level": self.level.name.lower(), "detail": self.detail}


class LibraryError(Exception):
    """An anticipated refusal. ``status`` is the HTTP status where an API answers with it.

    ``message`` may name fields in braces, filled from the keyword arguments.
    """

    code: ClassVar[str] = "refused"
    message: ClassVar[str | Promise] = _("This cannot be done.")
    status: ClassVar[int] = 409
    template: ClassVar[str] = "refused.html"  # the page where no view shows the refusal itself

    def __init__(
        self,
        detail: str = "",
        *,
        fields: Mapping[str, Sequence[str]] | None = None,
        reasons: Sequence[Reason] = (),
        **values: Any,
    ) -> None:
        self.detail = detail or str(self.message).format(**values)
        self.fields = {name: list(sentences) for name, sentences in (fields or {}).items()}
        self.reasons = tuple(reasons)
        super().__init__(self.detail)

    @property
    def error_code(self) -> str:
        """The code of the first of the gravest reasons, or the class's own."""
        if not self.reasons:
            return self.code
        gravest = max(reason.level for reason in self.reasons)
        return next(reason.code for reason in self.reasons if reason.level == gravest)

    @property
    def sentences(self) -> list[str]:
        """Everything a person should read about the refusal."""
        return [reason.detail for reason in self.reasons] or [self.detail]

    def as_dict(self) -> dict[str, Any]:
        """The refusal in the shape of the API."""
        body: dict[str, Any] = {"code": self.error_code, "detail": self.detail}
        if self.reasons:
            body["reasons"] = [reason.as_dict() for reason in self.reasons]
        if self.fields:
            body["fields"] = self.fields
        return body


class NotAllowed(LibraryError):
    code = "not_allowed"
    message = _("You may not do this.")
    status = 403


class NotFound(LibraryError):
    code = "not_found"
    message = _("There is no such thing here.")
    status = 404


class WrongMethod(LibraryError):
    code = "method_not_allowed"
    message = _("This address does not take that. Go back, and use the page’s own links and buttons.")
    status = 405


class Moved(NotFound):
    """It has another address now. Whoever only reads is sent there with 301; whoever writes is told.

    ``old`` and ``new``: the parts of the path that tell the two apart, as ``/books/7/`` and ``/books/3/``.
    """

    code = "moved"
    message = _("This has another address now.")

    def __init__(self, detail: str = "", *, old: str, new: str, **given: Any) -> None:
        super().__init__(detail, **given)
        self.old, self.new = old, new

    def address(self, method: str | None, full_path: str) -> str | None:
        """Where a request for ``full_path`` finds it; ``None`` where it cannot be sent on."""
        path, question, query = full_path.partition("?")
        if method not in {"GET", "HEAD"} or self.old not in path:
            return None
        return path.replace(self.old, self.new, 1) + question + query


class InvalidInput(LibraryError):
    """Input that can never be right; ``fields`` says where."""

    code = "invalid"
    message = _("Some of this cannot be right.")
    status = 400


class StorageFull(LibraryError):
    code = "storage_full"
    message = _("The library's storage is full, so nothing was saved. Tell an administrator.")
    status = 507


class RequestTooSlow(LibraryError):
    code = "request_too_slow"
    message = _("The request came in too slowly, so nothing was done with it. Try again with a better connection.")
    status = 408


class ServiceUnavailable(LibraryError):
    """A part is away, or too busy. ``retry_after``: seconds after which it is worth to ask again.

    ``is_away``: nothing was done, and there was nobody to do it: what only reads may be tried again at once.
    """

    code = "unavailable"
    message = _("A part of the library is not answering just now. Try again in a minute.")
    status = 503
    again_after: ClassVar[int] = 10

    def __init__(
        self, detail: str = "", *, retry_after: int | None = None, is_away: bool = False, **given: Any
    ) -> None:
        super().__init__(detail, **given)
        self.retry_after = self.again_after if retry_after is None else retry_after
        self.is_away = is_away
