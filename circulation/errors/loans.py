"""Why a copy is not lent, renewed or taken back."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from circulation.errors.refusal import Refusal
from library.core.errors import InvalidInput, Level, LibraryError


class CopyUnknown(Refusal):
    code = "copy_unknown"
    message = _("No copy has the barcode {barcode}.")


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


class NotOnLoan(Refusal):
    code = "not_on_loan"
    message = _("Copy {barcode} is not on loan: its status is “{status}”.")


class LoanAlreadyReturned(Refusal):
    code = "already_returned"
    message = _("This loan ended when its copy came back.")


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
