"""Every refusal of lending: its code, how heavy it is, and the sentence that a person reads."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from library.core.errors import InvalidInput, Level, LibraryError, Reason


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


class CopyUnknown(Refusal):
    code = "copy_unknown"
    message = _("No copy has the barcode {barcode}.")


class PatronUnknown(Refusal):
    code = "patron_unknown"
    message = _("No reader has the card {card}.")


class PatronInactive(Refusal):
    code = "patron_inactive"
    message = _("The account of card {card} is closed.")
    for_reader = _("Your account is closed. Ask at the desk.")


class CardLost(Refusal):
    code = "card_lost"
    message = _("The card {card} was reported lost. Give the reader a new one first.")
    for_reader = _("Your card was reported lost. Ask at the desk for a new one.")


class CardExpired(Refusal):
    code = "card_expired"
    level = Level.OVERRIDABLE
    message = _("The card {card} was valid until {day}.")
    for_reader = _("Your card was valid until {day}. Ask at the desk to have it extended.")


class PatronRestrictedUntil(Refusal):
    code = "patron_restricted_until"
    level = Level.OVERRIDABLE
    message = _("This reader may not borrow until {day}. {note}")
    for_reader = _("You may not borrow until {day}. {note}")


class PatronRestricted(Refusal):
    code = "patron_restricted"
    level = Level.OVERRIDABLE
    message = _("This reader may not borrow. {note}")
    for_reader = _("You may not borrow at present. {note}")


class AddressUnconfirmed(Refusal):
    code = "address_unconfirmed"
    level = Level.OVERRIDABLE
    message = _("The address of this reader has not been confirmed.")
    for_reader = _("Your address has not been confirmed. Bring a proof of it to the desk.")


class PatronBlocked(Refusal):
    """What an app placed against a reader without a sentence of its own. The reason has the block's code."""

    code = "patron_blocked"
    level = Level.OVERRIDABLE
    message = _("Something stands against this reader. {note}")
    for_reader = _("Something stands against your borrowing. {note}")


class CopyWithdrawn(Refusal):
    code = "copy_withdrawn"
    message = _("Copy {barcode} is withdrawn from the collection.")


class CopyNotForLoan(Refusal):
    code = "copy_not_for_loan"
    level = Level.OVERRIDABLE
    message = _("Copy {barcode} is for use in the library only.")


class CopyInRepair(Refusal):
    code = "copy_in_repair"
    level = Level.OVERRIDABLE
    message = _("Copy {barcode} is in repair.")


class CopyDamaged(Refusal):
    code = "copy_damaged"
    level = Level.OVERRIDABLE
    message = _("Copy {barcode} is too damaged to be lent.")


class CopyWasLost(Refusal):
    code = "copy_was_lost"
    level = Level.ALERT
    message = _("Copy {barcode} was marked lost and has turned up.")


class CopyWasMissing(Refusal):
    code = "copy_was_missing"
    level = Level.ALERT
    message = _("Copy {barcode} was marked missing and has turned up.")


class CopyWasClaimedReturned(Refusal):
    code = "copy_was_claimed_returned"
    level = Level.ALERT
    message = _("{reader} said on {day} that copy {barcode} was back; it was not scanned until now.")


class AlreadyLentToPatron(Refusal):
    code = "already_lent_to_patron"
    message = _("Copy {barcode} is already on loan to this reader.")
    for_reader = _("You have copy {barcode} on loan already.")


class AlreadyLentToAnother(Refusal):
    code = "already_lent_to_another"
    level = Level.OVERRIDABLE
    message = _("Copy {barcode} is on loan to another reader.")


class CopyHeldForAnother(Refusal):
    code = "copy_held_for_another"
    level = Level.OVERRIDABLE
    message = _("Copy {barcode} is kept for another reader.")


class CopyRequestedByAnother(Refusal):
    code = "copy_requested_by_another"
    level = Level.OVERRIDABLE
    message = _("Copy {barcode} has been requested by another reader.")


class CopyInTransit(Refusal):
    code = "copy_in_transit"
    level = Level.ALERT
    message = _("Copy {barcode} was on its way between branches and has arrived.")


class NoRuleDefined(Refusal):
    code = "no_rule_defined"
    message = _("No rule of the library says how long this copy may be lent.")
    for_reader = _("The library does not lend this copy on your card. Ask at the desk.")


class NeverOpens(Refusal):
    code = "library_never_opens"
    message = _("{branch} has no open day in two years, so no due date can be found. Mend its opening hours.")

    def __init__(self, detail: str = "", *, branch: str = "", **given: Any) -> None:
        super().__init__(detail, branch=branch or _("The library"), **given)


class LoanLimitReached(Refusal):
    code = "loan_limit_reached"
    level = Level.OVERRIDABLE
    message = _("This reader has {loans} of {limit} loans already.")
    for_reader = _("You have {loans} of {limit} such loans already.")


class TotalLoanLimitReached(Refusal):
    code = "total_loan_limit_reached"
    level = Level.OVERRIDABLE
    message = _("This reader has {loans} of {limit} loans that the tier allows in all.")
    for_reader = _("You have {loans} of {limit} loans already.")


class DebtLimitExceeded(Refusal):
    code = "debt_limit_exceeded"
    level = Level.OVERRIDABLE
    message = _("This reader owes {owed}; the tier allows {limit}.")
    for_reader = _("You owe {owed}; to borrow, you may owe {limit} at most.")


class HasOverdueLoans(Refusal):
    code = "has_overdue_loans"
    level = Level.OVERRIDABLE
    message = _("This reader has overdue loans: {count}.")
    for_reader = _("You have overdue loans: {count}. Bring them back or renew them first.")


class TooYoung(Refusal):
    code = "too_young"
    level = Level.OVERRIDABLE
    message = _("The book is for readers of {minimum} years and older; this one is {age}.")
    for_reader = _("The book is for readers of {minimum} years and older.")


class SameBookAlreadyLent(Refusal):
    code = "same_book_already_lent"
    level = Level.OVERRIDABLE
    message = _("This reader has another copy of the same book on loan: {barcode}.")
    for_reader = _("You have another copy of this book on loan: {barcode}.")


class SelfCheckOutNotAllowed(Refusal):
    code = "self_check_out_not_allowed"
    message = _("Copy {barcode} is lent at the desk only.")


class AskAtTheDesk(Refusal):
    code = "ask_at_the_desk"
    message = _("Copy {barcode} cannot be lent without the staff. Ask at the desk.")


class LoanLost(Refusal):
    code = "loan_lost"
    message = _("Copy {barcode} was declared lost.")


class LoanClaimedReturned(Refusal):
    code = "loan_claimed_returned"
    message = _("The reader says that copy {barcode} was returned.")
    for_reader = _("You told us that you had returned copy {barcode}. We are looking for it.")


class RenewalLimitReached(Refusal):
    code = "renewal_limit_reached"
    level = Level.OVERRIDABLE
    message = _("This loan was renewed {renewals} of {limit} times already.")
    for_reader = _("You have renewed it {renewals} of {limit} times already.")


class AutoRenewalNotSet(Refusal):
    code = "auto_renewal_not_set"
    message = _("The rules do not renew copy {barcode} automatically.")


class TooLateToRenew(Refusal):
    code = "too_late_to_renew"
    level = Level.OVERRIDABLE
    message = _("This loan has been renewed automatically for the last time: that ended on {day}.")


class AutoRenewalDeclined(Refusal):
    code = "auto_renewal_declined"
    level = Level.OVERRIDABLE
    message = _("The reader does not want automatic renewal.")
    for_reader = _("You do not want automatic renewal.")


class OthersWaitForBook(Refusal):
    code = "others_wait_for_book"
    level = Level.OVERRIDABLE
    message = _("Others wait for this book: {count}.")


class TooSoonToRenew(Refusal):
    code = "too_soon_to_renew"
    level = Level.OVERRIDABLE
    message = _("It is too soon to renew this loan: it can be renewed from {day} on.")


class DueDateWouldNotMove(Refusal):
    code = "due_date_would_not_move"
    message = _("Renewing would not move the due date: it would still be {day}.")


class RenewedTooLate(Refusal):
    code = "renewed_too_late"
    message = _("It was not renewed when it was due; renewed as of then it would be overdue since {day}.")


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


class LostChargeUndone(Refusal):
    code = "lost_charge_undone"
    level = Level.ALERT
    message = _("{reader} no longer owes {amount} for it; {paid} of that was paid and is credit now.")


class LostPaidByUnknown(Refusal):
    code = "lost_paid_by_unknown"
    level = Level.ALERT
    message = _("Copy {barcode} was lost by a reader no longer known: nobody is credited.")


class LatenessCharged(Refusal):
    code = "lateness_charged"
    level = Level.ALERT
    message = _("{amount} to pay for being late.")


class LatenessSuspends(Refusal):
    code = "lateness_suspends"
    level = Level.ALERT
    message = _("The reader may not borrow until {day}, for being late.")


class PatronSuspended(Refusal):
    code = "suspended"
    level = Level.OVERRIDABLE
    message = _("This reader brought something back late and may not borrow until {day}.")
    for_reader = _("You brought something back late and may not borrow until {day}.")


class LostPriceUnknown(Refusal):
    code = "lost_price_unknown"
    level = Level.ALERT
    message = _("Nobody knows what copy {barcode} costs, so nothing was charged for it.")


class NotOnLoan(Refusal):
    code = "not_on_loan"
    message = _("Copy {barcode} is not on loan: its status is “{status}”.")


class LoanAlreadyReturned(Refusal):
    code = "already_returned"
    message = _("This loan ended when its copy came back.")


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


class AmountInvalid(InvalidInput):
    code = "amount_invalid"
    message = _("Give a sum such as 1.50, more than nothing and in whole coins.")


class ReasonRequired(InvalidInput):
    code = "reason_required"
    message = _("Say why, in a few words.")


class MoreThanCharged(LibraryError):
    code = "more_than_charged"
    message = _("No more than {amount} of it can be given up.")


class MoreThanPaid(LibraryError):
    code = "more_than_paid"
    message = _("No more than {amount} can be paid back.")


class NothingToPay(LibraryError):
    code = "nothing_to_pay"
    message = _("There is nothing to pay.")


class TillChangedMeanwhile(LibraryError):
    code = "till_changed_meanwhile"
    message = _(
        "Money came in, or somebody else closed the till, since this was shown. Nothing was closed: look again."
    )


class NothingInTill(LibraryError):
    code = "nothing_in_till"
    message = _("Nothing came in or went out since the till was closed last.")


class ReturnBeforeCheckOut(InvalidInput):
    code = "return_before_check_out"
    message = _("It cannot have come back before it was lent, on {day}.")


class ReturnInFuture(InvalidInput):
    code = "return_in_future"
    message = _("It cannot have come back later than now.")


class CommentRequired(InvalidInput):
    code = "comment_required"
    message = _("Say why, in a few words, when you set a rule aside.")


class DueDateNotInFuture(InvalidInput):
    code = "due_date_not_in_future"
    message = _("The due date must lie in the future.")


class RulesChangedMeanwhile(LibraryError):
    """Somebody else saved the rule matrix after it had been shown."""

    code = "rules_changed_meanwhile"
    message = _(
        "Somebody else has changed the rules meanwhile, so nothing was saved. See what they are now; save again."
    )


class ChangedMeanwhile(LibraryError):
    """Every time another desk was first: the database refused what had become untrue."""

    code = "changed_meanwhile"
    message = _("Somebody else changed this at the same moment. Please try again.")


def by_code() -> dict[str, type[Refusal]]:
    """The class of each code; those of apps above this one, too, once their files are loaded."""
    return {refusal.code: refusal for refusal in Refusal.__subclasses__()}


def of_code(code: str) -> type[Refusal]:
    """The class to raise for a reason, and whose sentences are told: of a block without one, that of all blocks."""
    return by_code().get(code, PatronBlocked)


def of_block(code: str, *, ends: bool) -> type[Refusal]:
    """As ``of_code``, of something that stands against a patron; a restriction with a last day has its own sentence."""
    return PatronRestrictedUntil if ends and code == PatronRestricted.code else of_code(code)
