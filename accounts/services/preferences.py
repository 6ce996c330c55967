"""What a person chose for themselves: how they are told, in which language, whether their past loans are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import errors
from accounts.models import Patron, User
from accounts.signals import history_given_up
from library.activity import services as activity
from library.core.errors import InvalidInput
from library.notices import kinds, preferences
from library.notices.models import LetterWish
from library.notices.preferences import Wish


@dataclass(frozen=True)
class Choices:
    """``language``: empty, the library's."""

    wishes: Mapping[str, Wish]
    language: str
    keeps_history: bool


def choices_of(user: User) -> Choices:
    """What ``user`` chose, and what everybody gets of the rest. One query beside the user's card."""
    return Choices(preferences.wishes_of(user), user.language, user.patron.keeps_history)


@transaction.atomic
def choose(
    *,
    user: User,
    wishes: Mapping[str, Wish] | None = None,
    language: str | None = None,
    keeps_history: bool | None = None,
    is_warned: bool = False,
) -> Choices:
    """Write down what ``user`` chose; None: as it is.

    Past loans that were kept go when they are to be kept no longer: that wants ``is_warned``. What was forgotten does
    not come back when somebody chooses otherwise. Errors: ``InvalidInput`` by field, ``HistoryWouldGo``.
    """
    patron = Patron.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(pk=user.pk)
    if wishes:
        preferences.choose(user=user, wishes=wishes)
        _keep_for_the_desk(patron, wishes)
    if language is not None and language != patron.user.language:
        if language and language not in dict(settings.LANGUAGES):
            raise InvalidInput(fields={"language": [_("The library does not write in this language.")]})
        User.objects.filter(pk=user.pk).update(language=language)
    if keeps_history is not None and keeps_history != patron.keeps_history:
        _choose_history(patron, keeps=keeps_history, is_warned=is_warned)
    return choices_of(User.objects.select_related("patron").get(pk=user.pk))


def _keep_for_the_desk(patron: Patron, wishes: Mapping[str, Wish]) -> None:
    """The desk asks nobody: whether a receipt is wanted stands on the card that it reads."""
    wish = wishes.get(kinds.RECEIPTS.code)
    if wish is not None:
        patron.wants_receipts = wish.bell or wish.letters != LetterWish.NEVER
        patron.save(update_fields=["wants_receipts"])


def _choose_history(patron: Patron, *, keeps: bool, is_warned: bool) -> None:
    if not keeps and not is_warned:
        raise errors.HistoryWouldGo
    patron.keeps_history = keeps
    patron.save(update_fields=["keeps_history"])
    verb = "history.kept" if keeps else "history.given_up"
    activity.record(actor=patron.user, verb=verb, subject=patron.user)
    if not keeps:
        history_given_up.send(Patron, patron=patron)
