"""Work on something that may be replaced meanwhile: what was done so far is for nothing, and it begins again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

BEGINNINGS = 5  # in all; what is replaced as often will be replaced again
_Given = ParamSpec("_Given")


class Replaced(Exception):
    """What the job works from is another one by now."""


def again_if_replaced(*, at_last: type[Exception]) -> Callable[[Callable[_Given, None]], Callable[_Given, None]]:
    """Decorates work that raises ``Replaced``: it begins again, at most ``BEGINNINGS`` times, then raises ``at_last``.

    It must look anew at what it works from, and leave nothing behind that its next beginning does not find or replace.
    """

    def decorate(work: Callable[_Given, None]) -> Callable[_Given, None]:
        @wraps(work)
        def repeated(*args: _Given.args, **kwargs: _Given.kwargs) -> None:
            for _beginning in range(BEGINNINGS):
                try:
                    return work(*args, **kwargs)
                except Replaced:
                    continue
            raise at_last

        return repeated

    return decorate
