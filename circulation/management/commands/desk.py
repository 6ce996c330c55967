"""``manage.py desk --as USER …``: the desk's verbs, as a named user."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils.dateparse import parse_datetime

from accounts.models import User
from catalog.models import Branch
from circulation import money, services
from circulation.explain import due_words, loan_history, sentences
from circulation.management.hold_verbs import HoldVerbs, add_verbs
from circulation.models import Charge, Loan, PaymentKind
from circulation.money import statements
from circulation.readers import patron_lookup
from circulation.rules import amounts
from library.core import days
from library.core.errors import LibraryError, NotAllowed, NotFound, Reason
from library.core.typed import bare
from library.profile import services as profile


class Command(HoldVerbs, BaseCommand):
    help = "Lend, take back, renew, explain and keep holds from the command line, as a named user."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as", dest="user", required=True, metavar="USER", help="A username or e-mail address.")
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        out = verbs.add_parser("check-out", help="Lend a copy to a reader.")
        _names(out, "copy", "card")
        _branch(out)
        _set_aside(out)
        back = verbs.add_parser("check-in", help="Take back a copy.")
        _names(back, "copy")
        _branch(back)
        back.add_argument("--returned", type=_day_or_moment, metavar="WHEN", help="When it counts as returned.")
        back.add_argument("--damaged", action="store_true", help="Put it aside.")
        renew = verbs.add_parser("renew", help="Renew the loan that a copy is out on.")
        _names(renew, "copy")
        _set_aside(renew)
        renew_all = verbs.add_parser("renew-all", help="Renew what can be renewed of a reader's loans.")
        _names(renew_all, "card")
        lost = verbs.add_parser("lost", help="Declare the copy of an open loan lost, and charge it.")
        _names(lost, "copy")
        lost.add_argument("--price", type=_amount, metavar="AMOUNT", help="What it costs; else the copy's own price.")
        statement = verbs.add_parser("statement", help="What a reader owes, line by line.")
        _names(statement, "card")
        pay = verbs.add_parser("pay", help="Enter money that came in: for the oldest lines first, the rest as credit.")
        _names(pay, "card")
        pay.add_argument("amount", type=_amount, metavar="AMOUNT")
        pay.add_argument("--kind", type=_kind, default="cash", metavar="CODE", help="A kind of payment; else cash.")
        waive = verbs.add_parser("waive", help="Give up a line, or a part of it.")
        waive.add_argument("line", type=UUID, metavar="LINE", help="Its id, as the statement has it.")
        waive.add_argument("--amount", type=_amount, metavar="AMOUNT", help="Else what is still to be paid.")
        waive.add_argument("--reason", required=True)
        refund = verbs.add_parser("refund", help="Pay free credit out.")
        _names(refund, "card")
        refund.add_argument("amount", type=_amount, metavar="AMOUNT")
        refund.add_argument("--kind", type=_kind, default="cash", metavar="CODE", help="A kind of payment; else cash.")
        refund.add_argument("--reason", required=True)
        explain = verbs.add_parser("explain", help="What would happen if a copy were lent to a reader, and why.")
        _names(explain, "copy", "card")
        _branch(explain)
        add_verbs(verbs)

    def handle(self, *args: Any, verb: str, user: str, **options: Any) -> None:
        work: Callable[..., None] = getattr(self, verb.replace("-", "_"))
        try:
            work(_user(user), options)
        except LibraryError as refusal:
            raise CommandError("\n".join(_line(reason) for reason in refusal.reasons) or refusal.detail) from refusal

    def check_out(self, by: User, options: dict[str, Any]) -> None:
        patron = patron_lookup.patron_meant(by, options["card"], permission="circulation.add_loan")
        loan = services.check_out(
            copy=options["copy"], patron=patron, by=by, branch=options["branch"], **_asked(options)
        )
        self._say(f"Lent: {loan.copy.book.title}, {due_words.due_until(loan)}.", loan.alerts)

    def check_in(self, by: User, options: dict[str, Any]) -> None:
        if not by.has_perm("circulation.change_loan"):
            raise NotAllowed
        result = services.check_in(
            copy=options["copy"],
            by=by,
            branch=options["branch"],
            returned_at=options["returned"],
            is_damaged=options["damaged"],
        )
        done = "Nothing changed" if result.nothing_changed else "Returned" if result.loan else "Found"
        whom = f" for {result.hold.patron.card_number}" if result.hold else ""
        self._say(f"{done}: {result.copy.book.title}. {result.action.value}{whom}: {result.branch}.", result.alerts)

    def renew(self, by: User, options: dict[str, Any]) -> None:
        loan = Loan.objects.visible_to(by).open().with_names().filter(copy__barcode_folded=options["copy"])
        found = loan.first()
        if found is None:
            raise CommandError(f"There is no open loan of the copy {bare(options['copy'])}.")
        renewed = services.renew(loan=found, by=by, **_asked(options))
        self._say(f"Renewed: {found.copy.book.title}, {due_words.due_until(renewed)}.", renewed.alerts)

    def renew_all(self, by: User, options: dict[str, Any]) -> None:
        patron = patron_lookup.patron_meant(by, options["card"], permission="circulation.change_loan")
        result = services.renew_all(patron=patron_lookup.known(patron), by=by)
        for loan in result.renewed:
            self._say(f"Renewed: {loan.copy.book.title}, {due_words.due_until(loan)}.")
        for loan, reasons in result.refused:
            self._say(f"Not renewed: {loan.copy.book.title}.", reasons)
        if result.refused:
            raise CommandError(
                f"{len(result.refused)} of {len(result.refused) + len(result.renewed)} were not renewed."
            )

    def lost(self, by: User, options: dict[str, Any]) -> None:
        _must(by, "circulation.change_loan")
        loan = Loan.objects.open().with_names().filter(copy__barcode_folded=options["copy"]).first()
        if loan is None:
            raise CommandError(f"There is no open loan of the copy {bare(options['copy'])}.")
        lost = services.declare_lost(loan=loan, by=by, price=options["price"])
        self._say(f"Declared lost: {loan.copy.book.title}.", lost.alerts)

    def statement(self, by: User, options: dict[str, Any]) -> None:
        meant = patron_lookup.patron_meant(by, options["card"], permission="circulation.view_charge")
        patron = patron_lookup.known(meant)
        balance = statements.balance_of(patron.pk)
        for line in statements.open_charges(patron):
            left = statements.in_words(line.left, balance.currency, balance.digits)
            self.stdout.write(f"{line.pk}  {line.get_kind_display()} {line.about}: {left}")
        self.stdout.write(f"Owed: {balance.in_words}")

    def pay(self, by: User, options: dict[str, Any]) -> None:
        _must(by, "circulation.add_credit")
        patron = patron_lookup.known(options["card"])
        credit = money.pay(patron=patron, amount=options["amount"], kind=options["kind"], by=by)
        self._say(f"Paid: receipt {credit.number}. Owed: {statements.balance_of(patron.pk).in_words}")

    def waive(self, by: User, options: dict[str, Any]) -> None:
        _must(by, "circulation.waive_charge")
        line = Charge.objects.filter(pk=options["line"]).first()
        if line is None:
            raise NotFound
        money.waive(charge=line, by=by, reason=options["reason"], amount=options["amount"])
        self._say("Waived.")

    def refund(self, by: User, options: dict[str, Any]) -> None:
        _must(by, "circulation.refund_credit")
        patron = patron_lookup.known(options["card"])
        made = money.refund(
            patron=patron, amount=options["amount"], kind=options["kind"], by=by, reason=options["reason"]
        )
        self._say(f"Paid back: receipt {', '.join(str(row.number) for row in made)}.")

    def explain(self, by: User, options: dict[str, Any]) -> None:
        patron = patron_lookup.patron_meant(by, options["card"], permission="circulation.view_loan")
        told = services.explain_check_out(copy=options["copy"], patron=patron, by=by, branch=options["branch"])
        story = loan_history.of_decision(told.decision, for_staff=by.has_perm("circulation.view_loan"))
        due = f", due {due_words.moment(story.due_at)}" if story.due_at else ""
        self._say(f"Would be lent{due}." if story.is_allowed else "Would be refused.", story.reasons)
        kept = sentences.kept(told.decision)
        for line in sentences.staff_lines(kept) if by.has_perm("circulation.view_loan") else story.lines:
            self.stdout.write(f"  {line}")

    def _say(self, sentence: str, reasons: Any = ()) -> None:
        self.stdout.write(sentence)
        for reason in reasons:
            self.stdout.write(f"  {_line(reason)}")


def _must(by: User, permission: str) -> None:
    if not by.has_perm(permission):
        raise NotAllowed


def _amount(text: str) -> Decimal:
    try:
        return amounts.typed(text, profile.current().digits)
    except amounts.NoAmount:
        raise ArgumentTypeError(f"{text} is no sum such as 1.50") from None


def _kind(code: str) -> PaymentKind:
    kind = statements.kinds_in_use().filter(code=code).first()
    if kind is None:
        raise ArgumentTypeError(f"there is no kind of payment with the code {code}")
    return kind


def _line(reason: Reason) -> str:
    return f"{reason.detail} [{reason.code}, {reason.level.name.lower()}]"


def _asked(options: dict[str, Any]) -> dict[str, Any]:
    return {"override": options["override"], "comment": options["comment"], "due_at": options["due"]}


def _names(parser: ArgumentParser, *names: str) -> None:
    for name in names:
        parser.add_argument(name, metavar=name.upper(), help="A barcode." if name == "copy" else "A card number.")


def _branch(parser: ArgumentParser) -> None:
    parser.add_argument("--branch", type=_known_branch, metavar="CODE", help="Where the desk stands; else the copy's.")


def _set_aside(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--override", action="append", default=[], metavar="CODE", help="A reason to set aside; once for each."
    )
    parser.add_argument("--comment", default="", help="Why they are set aside.")
    parser.add_argument("--due", type=_day_or_moment, metavar="WHEN", help="A due date of your own.")


def _known_branch(code: str) -> Branch:
    branch = Branch.objects.filter(code=code).first()
    if branch is None:
        raise ArgumentTypeError(f"there is no branch with the code {code}")
    return branch


def _day_or_moment(text: str) -> date | datetime:
    """Reads 2026-03-02, or 2026-03-02T15:00 by the library's clock."""
    try:
        read = date.fromisoformat(text) if len(text) == len("2026-03-02") else parse_datetime(text)
    except ValueError:
        read = None
    if read is None:
        raise ArgumentTypeError("write a date as 2026-03-02 or a moment as 2026-03-02T15:00")
    if not days.is_writable(read.date() if isinstance(read, datetime) else read):
        raise ArgumentTypeError("choose a date from 1900 to 2999")
    if isinstance(read, datetime) and read.tzinfo is None:
        return days.moment(read.date(), read.time())
    return read


def _user(name: str) -> User:
    user = User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name), is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active user {name}.")
    return user
