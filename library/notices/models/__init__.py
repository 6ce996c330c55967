"""What people are told: letters on their way, the bell, what each wants, and addresses that mail does not reach."""

from library.notices.models.addresses import AddressMark, MarkReason
from library.notices.models.bell import Bell, BellRow, BellRowQuerySet
from library.notices.models.outbox import Notice, NoticeQuerySet, NoticeState
from library.notices.models.preferences import LetterWish, NoticePreference
from library.notices.models.texts import LetterText

__all__ = [
    "AddressMark",
    "Bell",
    "BellRow",
    "BellRowQuerySet",
    "LetterText",
    "LetterWish",
    "MarkReason",
    "Notice",
    "NoticePreference",
    "NoticeQuerySet",
    "NoticeState",
]
