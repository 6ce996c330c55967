"""What a reader may take home: the numbered receipt of a payment or refund, and a statement of all that is open."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Patron
from circulation.models import Allocation, Charge, Credit, CreditKind, Refund
from circulation.money import statements
from circulation.money.paper import Paper, pdf
from library.core.errors import NotFound
from library.notices import services as notices
from library.notices.models import Notice
from library.profile import services as profile
from library.profile.models import LibraryProfile

LISTED = 20  # lines in a letter
RECEIPT, STATEMENT = "receipt", "statement"  # the kinds of the notices


def by_number(number: int) -> Credit | Refund | None:
    """The payment or refund whose receipt has this number."""
    payment = Credit.objects.select_related("patron__user", "payment_kind").filter(number=number).first()
    if payment is not None:
        return payment
    return Refund.objects.select_related("credit__patron__user", "payment_kind").filter(number=number).first()


def pdf_of(found: Credit | Refund) -> bytes:
    """Its receipt."""
    return receipt_pdf(found) if isinstance(found, Credit) else refund_pdf(found)


def patron_of(found: Credit | Refund) -> Patron:
    """Whose payment it is, or was before it went back."""
    return found.patron if isinstance(found, Credit) else found.credit.patron


def send(found: Credit | Refund) -> Notice:
    """Tell the reader by a letter what the receipt says."""
    library, patron = profile.current(), patron_of(found)
    lines = (
        [f"{what}: {_sum(amount, library)}" for what, amount in _settled_at_once(found)]
        if isinstance(found, Credit)
        else [found.reason]
    )
    return notices.queue(
        user=patron.user,
        kind=RECEIPT,
        number=found.number,
        amount=_sum(found.amount, library),
        paid_back=isinstance(found, Refund),
        day=found.at,
        lines=" · ".join(lines),
    )


def send_statement(patron: Patron) -> Notice:
    """Tell the reader by a letter what is open."""
    library, balance = profile.current(), statements.balance_of(patron.pk)
    lines = [f"{_for(line)}: {_sum(line.left, library)}" for line in statements.open_charges(patron)[:LISTED]]
    return notices.queue(user=patron.user, kind=STATEMENT, amount=balance.in_words, lines=" · ".join(lines))


def _for(line: Charge) -> str:
    return ": ".join(filter(None, (line.get_kind_display(), line.about)))


def receipt_pdf(payment: Credit) -> bytes:
    """The receipt of a payment: what it settled when it came in, and what was left as credit.

    Errors: ``NotFound`` for a waiver, of which there is none.
    """
    if payment.kind != CreditKind.PAYMENT:
        raise NotFound
    library = profile.current()
    settled = _settled_at_once(payment)
    rest = payment.amount - sum((amount for _what, amount in settled), Decimal(0))
    rows = [(what, _sum(amount, library)) for what, amount in settled]
    if rest:
        rows.append((_("Credit"), _sum(rest, library)))
    kind = payment.payment_kind.name if payment.payment_kind else ""
    facts = [(_("Date"), _moment(payment.at)), (_("Paid by"), kind)]
    title = _("Receipt %(number)d") % {"number": payment.number or 0}
    return pdf(_paper(title, library, payment.patron, facts, rows, [(_("Paid"), _sum(payment.amount, library))]))


def refund_pdf(refund: Refund) -> bytes:
    """The receipt of money that went back."""
    library = profile.current()
    of = _("Of receipt %(number)d") % {"number": refund.credit.number or 0}
    facts = [(_("Date"), _moment(refund.at)), (_("Paid back by"), refund.payment_kind.name), (_("Why"), refund.reason)]
    rows = [(of, _sum(refund.amount, library))]
    title = _("Receipt %(number)d: paid back") % {"number": refund.number}
    sums = [(_("Paid back"), _sum(refund.amount, library))]
    return pdf(_paper(title, library, refund.credit.patron, facts, rows, sums))


def statement_pdf(patron: Patron, *, at: datetime | None = None) -> bytes:
    """All that is open, with the sum that is owed."""
    library, balance = profile.current(), statements.balance_of(patron.pk)
    lines = statements.open_charges(patron)
    rows = [
        (
            _for(line),
            _day(line.at),
            _sum(line.left, library),
        )
        for line in lines
    ]
    open_ = sum((line.left for line in lines), Decimal(0))
    sums = [(_("Open"), _sum(open_, library))]
    if open_ != balance.owed:
        sums.append((_("Credit"), _sum(open_ - balance.owed, library)))
    sums.append((_("To pay"), balance.in_words))
    return pdf(
        Paper(
            title=_("Statement"),
            library=library.name,
            address=library.address,
            logo=_logo(library),
            reader=(str(patron.user), patron.card_number),
            facts=[(_("Date"), _day(at or timezone.now()))],
            heads=(_("For"), _("Since"), _("To pay")) if rows else (),
            widths=(5, 2, 2) if rows else (),
            rows=rows,
            sums=sums,
        )
    )


def _paper(
    title: str,
    library: LibraryProfile,
    patron: Patron,
    facts: list[tuple[str, str]],
    rows: list[tuple[str, str]],
    sums: list[tuple[str, str]],
) -> Paper:
    return Paper(
        title=title,
        library=library.name,
        address=library.address,
        logo=_logo(library),
        reader=(str(patron.user), patron.card_number),
        facts=facts,
        heads=(_("For"), _("Amount")),
        widths=(5, 2),
        rows=rows,
        sums=sums,
    )


def _settled_at_once(payment: Credit) -> list[tuple[str, Decimal]]:
    """What the payment went to in the moment in which it came in: a receipt that is printed again says the same."""
    given = Allocation.objects.filter(credit=payment, at=payment.at, amount__gt=0)
    rows = given.select_related("charge__loan__copy__book").order_by("id")
    return [(_for(row.charge), row.amount) for row in rows]


def _logo(library: LibraryProfile) -> bytes | None:
    if not library.logo:
        return None
    try:
        with library.logo.open("rb") as stored:
            return bytes(stored.read())
    except OSError:  # a receipt without a picture is a receipt
        return None


def _sum(amount: Decimal, library: LibraryProfile) -> str:
    return statements.in_words(amount, library.currency, library.digits)


def _day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment, timezone.get_default_timezone()), "j F Y")


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment, timezone.get_default_timezone()), "j F Y, H:i")
