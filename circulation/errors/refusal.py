"""What a refusal of lending is: a code, how heavy it is, and the sentence that a person reads."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.functional import Promise

from library.core.errors import Level, LibraryError, Reason


class Refusal(LibraryError):
    """A refusal that the rules may give beside others. An alert only informs."""

    level: ClassVar[Level] = Level.IMPOSSIBLE
    for_reader: ClassVar[str | Promise] = ""  # the sentence in a reader's own words, where it is another one

    @classmethod
    def reason(cls, *, level: Level | None = None, code: str = "", **values: Any) -> Reason:
        """This refusal as one reason among others; ``values`` fill the sentence. ``level``: the verb's own; ``code``:
        where one sentence serves several."""
        words = {name: str(value) for name, value in values.items()}
        sentence = str(cls.message).format(**words).strip()
        return Reason(code or cls.code, cls.level if level is None else level, sentence, words)
