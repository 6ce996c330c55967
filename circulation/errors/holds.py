"""Why a book cannot be asked for, and what cannot be done with a hold."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from circulation.errors.refusal import Refusal
from library.core.errors import InvalidInput, Level, LibraryError


class BookAlreadyHeld(Refusal):
    code = "book_already_held"
    message = _("This book is already requested for you.")


class CopyAlreadyHeld(Refusal):
    code = "copy_already_held"
    message = _("Copy {barcode} is already requested for you.")


class BookAlreadyLentToPatron(Refusal):
    code = "book_already_lent_to_patron"
    message = _("You have this book on loan.")


class HoldBranchNotAllowed(Refusal):
    code = "hold_branch_not_allowed"
    level = Level.OVERRIDABLE
    message = _("What belongs to {branch} is not kept for readers with your card.")


class NoCopyToHold(Refusal):
    code = "no_copy_to_hold"
    message = _("The library has no copy of it that could be lent to you.")


class HoldsPerBookReached(Refusal):
    code = "holds_per_book_reached"
    level = Level.OVERRIDABLE
    message = _("This book is requested for you {holds} of {limit} times already.")


class HoldsPerDayReached(Refusal):
    code = "holds_per_day_reached"
    level = Level.OVERRIDABLE
    message = _("You have asked for {holds} of {limit} books today already.")


class HoldLimitReached(Refusal):
    code = "hold_limit_reached"
    level = Level.OVERRIDABLE
    message = _("You have {holds} of {limit} such requests already.")


class TotalHoldLimitReached(Refusal):
    code = "total_hold_limit_reached"
    level = Level.OVERRIDABLE
    message = _("You have {holds} of {limit} requests already.")


class HoldNotAllowed(Refusal):
    code = "hold_not_allowed"
    level = Level.OVERRIDABLE
    message = _("Such books are not kept for readers with your card.")


class OnShelfHoldNotAllowed(Refusal):
    code = "on_shelf_hold_not_allowed"
    level = Level.OVERRIDABLE
    message = _("A copy stands on the shelf: fetch it there.")


class CopyLevelHoldNotAllowed(Refusal):
    code = "copy_level_hold_not_allowed"
    level = Level.OVERRIDABLE
    message = _("Ask for the book: one copy alone is not kept.")


class CopyHoldRequired(Refusal):
    code = "copy_hold_required"
    message = _("Say which copy you want.")


class PickupBranchNotAllowed(Refusal):
    code = "pickup_branch_not_allowed"
    message = _("Nothing can be fetched at {branch}.")


class WantedUntilPast(Refusal):
    code = "wanted_until_past"
    message = _("The last day on which you want it, {day}, is over before you could have it.")


class HoldIsOver(Refusal):
    code = "hold_is_over"
    message = _("You wanted it until {day}.")


class HoldNotRequested(Refusal):
    code = "hold_not_requested"
    message = _("This request is no longer waiting to be fetched: it is {state}.")


class HoldEnded(Refusal):
    code = "hold_ended"
    message = _("This request has ended already: it is {state}.")


class HoldIsReady(Refusal):
    code = "hold_is_ready"
    message = _("The book is waiting on the hold shelf already.")


class HoldNotQueued(Refusal):
    code = "hold_not_queued"
    message = _("Only what waits in the queue can be changed so: it is {state}.")


class HoldNotSuspended(Refusal):
    code = "hold_not_suspended"
    message = _("This request is not suspended: it is {state}.")


class ResumesInPast(InvalidInput):
    code = "resumes_in_past"
    message = _("Choose a day after today on which it goes on.")


class SuspensionOutlastsWish(Refusal):
    code = "suspension_outlasts_wish"
    message = _("You want the book until {day}: let it go on by then, or cancel it.")


class NoCancellationRequested(Refusal):
    code = "no_cancellation_requested"
    message = _("Nobody has asked for this request to be cancelled.")


class HoldForAnotherCopy(Refusal):
    code = "hold_for_another_copy"
    message = _("The reader wants copy {barcode} and no other.")


class PlaceUnknown(InvalidInput):
    code = "place_unknown"
    message = _("The queue has the places 1 to {last}.")


class QueueChangedMeanwhile(LibraryError):
    """Somebody else moved the queue after it had been shown."""

    code = "queue_changed_meanwhile"
    message = _("The queue has changed meanwhile, so nothing was moved. See how it stands now.")


class CopyOfAnotherBook(Refusal):
    code = "copy_of_another_book"
    message = _("Copy {barcode} is of another book: {title}.")


class CopyNotFree(Refusal):
    code = "copy_not_free"
    message = _("Copy {barcode} cannot take its place: its status is “{status}”.")
