"""Somebody of whom the library holds everything it can: all of it is given out, and nothing of it is left."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import (
    BrowserSession,
    Invitation,
    KnownDevice,
    OneTimeCode,
    Patron,
    PatronBlock,
    Purpose,
    Role,
    Tally,
    Ticket,
    TokenFamily,
    User,
)
from accounts.services import blocks, privacy
from accounts.services.people import change_role
from accounts.tests.factories import make_librarian, make_patron, make_user
from aistudy.models import Artifact
from catalog.models import BookFile, Cover
from catalog.tests.factories import make_book, make_copy
from circulation import money, services
from circulation.models import (
    CalendarAddress,
    GivingBack,
    Hold,
    HoldState,
    Loan,
    LoanRenewal,
    PaymentAttempt,
    PaymentKind,
    Redating,
    TillClosing,
    TillCount,
)
from circulation.tests.factories import make_hold, make_loan
from library.activity.models import Activity
from library.core.models import KeptAnswer
from library.core.privacy import coverage
from library.jobs import nightly
from library.jobs.models import Job
from library.notices.models import AddressMark, Bell, BellRow, LetterText, Notice, NoticePreference
from rag.conversations.models import Conversation, Exchange
from rag.models import Document, Highlight, ReadingPosition

pytestmark = pytest.mark.django_db
NAME, ADDRESS, USERNAME, CARD = "Ada Lovelace-Byron", "ada.lovelace@example.org", "countess", "L-99.0815"
SECRETS = (NAME, "Lovelace", ADDRESS, USERNAME, CARD, "l-99.0815", "203.0.113.77", "Her own words")
NOW = timezone.now()
HOUR = timedelta(hours=1)
# What still points to the empty account, so that it is counted on: what was lent, and what was done as staff.
STAYS = {
    "accounts.Patron.user",
    "circulation.Loan.patron",
    "circulation.Charge.patron",
    "circulation.Credit.patron",
    "circulation.LedgerAccount.patron",
    "circulation.PaymentAttempt.patron",
    "accounts.Invitation.invited_by",
    "admin.LogEntry.user",
}


@pytest.fixture
def staff():
    return make_librarian()


@pytest.fixture
def ada(staff):
    """A reader who was staff once, and of whom there is a row in every place."""
    admin = make_user(Role.ADMINISTRATOR)
    user = make_user(Role.ADMINISTRATOR, full_name=NAME, email=ADDRESS, username=USERNAME, card_number=CARD)
    as_staff(user)
    change_role(user=user, role=Role.PATRON, by=admin)
    signed_in(user)
    known_by_address(user)
    as_reader(user, staff)
    return User.objects.get(pk=user.pk)


def as_staff(user: User) -> None:
    loan = make_loan(
        checked_out_by=user, returned_by=user, returned_at=NOW, checked_in_at=NOW, checked_out_at=NOW - HOUR
    )
    LoanRenewal.objects.create(loan=loan, at=NOW, by=user, due_before=loan.due_at, due_after=loan.due_at + HOUR)
    lent = make_loan(checked_out_at=NOW)
    services.renew(loan=lent, by=user, due_at=NOW + timedelta(days=90), comment="For the holidays", at=NOW + HOUR)
    make_hold(state=HoldState.REFUSED, confirmed_by=user, refusal_reason="Not there")
    Redating.objects.create(first_day=date(2026, 1, 1), last_day=date(2026, 1, 1), ordered_by=user, ordered_at=NOW)
    Invitation.objects.create(
        email="other@example.org", role="librarian", invited_by=user, created_at=NOW, expires_at=NOW + HOUR
    )
    Cover.objects.create(book=make_book(), source="looked_up", added_by=user)
    BookFile.objects.create(
        book=make_book(),
        file="x",
        original_name="x.pdf",
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        added_by=user,
    )
    blocks.place(patron=make_patron(), block=blocks.NewBlock("card_lost"), owner="accounts", by=user)
    paid_and_refunded(make_patron(), "A new card", by=user)
    till_closed(user)
    attempt = paid_online(make_patron())
    GivingBack.objects.create(attempt=attempt, key="k", amount=1, reason="Too much", created_at=NOW, by=user)
    job = Job.objects.create(kind="index", subject_label="rag.document", subject_id=user.pk, requested_by=user)
    Job.objects.filter(pk=job.pk).update(subject_id=job.pk)
    with nightly.report("reckon", NOW) as run:
        run.fault(user.pk, RuntimeError())


def paid_and_refunded(patron: Patron, words: str, *, by: User) -> None:
    """Nothing is owed in the end, on either side."""
    cash = PaymentKind.objects.get(code="cash")
    fee = money.charge(patron=patron, amount=Decimal(5), text=words, by=by, at=NOW)
    money.pay(patron=patron, amount=Decimal(5), kind=cash, by=by, at=NOW)
    money.refund_charge(charge=fee, amount=Decimal(5), kind=cash, reason=words, by=by, at=NOW)


def paid_online(patron: Patron) -> PaymentAttempt:
    return PaymentAttempt.objects.create(
        patron=patron, key="k", amount=1, currency="EUR", state="ended", created_at=NOW
    )


def till_closed(by: User) -> None:
    closing = TillClosing.objects.create(closed_at=NOW, closed_by=by)
    kind = PaymentKind.objects.get(code="cash")
    TillCount.objects.create(closing=closing, payment_kind=kind, person=by, expected=1, counted=1)


def signed_in(user: User) -> None:
    times = {"began_at": NOW, "seen_at": NOW, "agent": "Firefox", "address": "203.0.113.77"}
    BrowserSession.objects.create(session_key="a" * 64, expire_date=NOW + HOUR, user=user, **times)
    TokenFamily.objects.create(user=user, expires_at=NOW + HOUR, newest_jti="one", **times)
    KnownDevice.objects.create(user=user, is_browser=True, name="Firefox", seen_at=NOW)
    Ticket.objects.create(user=user, ticket_hash="t", epoch=0, created_at=NOW, expires_at=NOW + HOUR)
    Tally.objects.create(kind="login", key="k", count=9, opened_at=NOW, expires_at=NOW + HOUR, locked_at=NOW, user=user)
    OneTimeCode.objects.create(email=ADDRESS, purpose=Purpose.LOGIN, user=user, created_at=NOW, expires_at=NOW)
    KeptAnswer.objects.create(user_id=user.pk, key="k", request_hash="h", status=200, body={"name": NAME})


def known_by_address(user: User) -> None:
    OneTimeCode.objects.create(email=ADDRESS.upper(), purpose=Purpose.REGISTER, created_at=NOW, expires_at=NOW)
    Invitation.objects.create(
        email=ADDRESS,
        role="librarian",
        invited_by=make_user(Role.ADMINISTRATOR),
        created_at=NOW,
        expires_at=NOW + HOUR,
        accepted_at=NOW,
        accepted_by=user,
    )
    Notice.objects.create(to=ADDRESS, kind="welcome", created_at=NOW, due_at=NOW, context={"name": NAME})
    Notice.objects.create(user=user, kind="welcome", created_at=NOW, due_at=NOW)
    Bell.objects.create(user=user, newest=1, unread=1)
    BellRow.objects.create(user=user, number=1, kind="due_soon", context={"title": "Her own words"}, at=NOW)
    NoticePreference.objects.create(user=user, group="due", letters="never", bell=True)
    LetterText.objects.create(kind="due_soon", language="en", subject="S", body="B", changed_at=NOW, changed_by=user)
    AddressMark.objects.create(address=ADDRESS.title(), reason="bounced", at=NOW)
    AddressMark.objects.create(address="x@example.org", reason="bounced", at=NOW, lifted_at=NOW, lifted_by=user)
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(Patron),
        object_id=str(user.pk),
        object_repr=f"{NAME} ({CARD})",
        action_flag=CHANGE,
        change_message=NAME,
    )


def as_reader(user: User, staff: User) -> None:
    patron = user.patron
    Patron.objects.filter(pk=patron.pk).update(birth_date=date(1815, 12, 10), expires_on=date(2099, 1, 1))
    blocks.place(
        patron=patron, block=blocks.NewBlock("patron_restricted", note="Her own words"), owner="accounts", by=user
    )
    loan = services.check_out(
        copy=make_copy(),
        patron=patron,
        by=User.objects.get(pk=staff.pk),
        override=["patron_restricted"],
        comment="Her own words",
    )
    services.renew(
        loan=loan, by=staff, override=["patron_restricted"], comment="Her own words", at=NOW + timedelta(days=2)
    )
    services.check_in(copy=loan.copy, by=staff, at=NOW + timedelta(days=3))
    make_hold(patron=patron, state=HoldState.REFUSED, refusal_reason="Her own words")
    paid_and_refunded(patron, "Her own words", by=staff)
    back = {"amount": 1, "reason": "Her own words", "created_at": NOW}
    GivingBack.objects.create(attempt=paid_online(patron), key="k", **back)
    CalendarAddress.objects.create(patron=patron)
    document = Document.objects.create(book=make_book())
    talk = Conversation.objects.create(
        owner=user, document=document, about="B", title=NAME, created_at=NOW, asked_at=NOW
    )
    Exchange.objects.create(
        conversation=talk, number=1, question="Her own words", searched="Her own words", created_at=NOW
    )
    Artifact.objects.create(document=document, kind="summary", language="en", owner=user, content={"by": NAME})
    marked = {"quote": "Her own words", "note": "Her own words", "page": 1, "start": 0, "end": 13}
    Highlight.objects.create(user=user, document=document, **marked)
    ReadingPosition.objects.create(user=user, document=document, page=1, read_at=NOW)
    Activity.objects.create(at=NOW, actor=user, verb="account.name_changed", subject=user, data={"old": NAME})


def every_row() -> dict[str, list[dict[str, Any]]]:
    """All that the database says, as words."""
    return {
        model._meta.label: list(model._default_manager.values())
        for model in apps.get_models()
        if not model._meta.proxy and model._meta.managed
    }


def places_of(user: User) -> set[str]:
    """The registered columns that name this person."""
    found = set()
    for name in {*coverage.relations(), *coverage.other_forms()}:
        app, model, field = name.split(".")
        wanted: list[Any] = [user.pk] if name in set(coverage.relations()) or field == "user_id" else [*SECRETS]
        rows = apps.get_app_config(app).get_model(model)._default_manager.filter(**{f"{field}__in": wanted})
        if rows.exists():
            found.add(name)
    return found


def test_there_is_a_row_of_hers_in_every_place(ada):
    """Or the tests below would say nothing of a place that was added since."""
    assert set(coverage.relations()) - places_of(ada) == set()


def test_everything_is_given_out_but_what_is_secret(ada):
    told = StringIO()
    call_command("export_person", ADDRESS.upper(), stdout=told)
    given = json.loads(told.getvalue())
    apps_of_hers = {
        "accounts",
        "activity",
        "aistudy",
        "catalog",
        "circulation",
        "conversations",
        "core",
        "jobs",
        "notices",
        "rag",
    }
    assert set(given) == apps_of_hers
    assert [name for part in given.values() for name, value in part.items() if not value] == []
    assert [name for name, value in given["circulation"]["at_the_desk"].items() if not value] == []
    assert given["accounts"]["account"][0]["full_name"] == NAME
    assert given["accounts"]["card"][0]["card_number"] == CARD
    assert given["circulation"]["overrides"][0]["comment"] == "Her own words"
    assert {row["to"] for row in given["notices"]["notices"]} >= {"", ADDRESS}
    assert User.objects.get(pk=ada.pk).password not in told.getvalue()


def test_she_is_found_by_her_card_too(ada):
    told = StringIO()
    call_command("export_person", " l-99.0815 ", stdout=told)
    assert json.loads(told.getvalue())["accounts"]["account"][0]["email"] == ADDRESS


@pytest.mark.parametrize("command", ["export_person", "forget_person"])
def test_nobody_of_that_name_is_said(command):
    make_patron()
    for nobody in ("nobody@example.org", ""):
        with pytest.raises(CommandError, match="Nobody has the address or the card"):
            call_command(command, nobody)


def forget(card: str = CARD) -> str:
    told = StringIO()
    call_command("forget_person", card, "--noinput", stdout=told)
    return told.getvalue()


def test_nothing_of_her_is_left(ada):
    before = every_row()
    assert all(any(secret in str(rows) for rows in before.values()) for secret in SECRETS)

    assert forget() == "Forgotten.\n"

    for table, rows in every_row().items():
        for secret in SECRETS:
            assert secret not in str(rows), (table, secret)
    assert places_of(ada) == STAYS


def test_what_the_library_counts_stays(ada):
    counted = {model: model._default_manager.count() for model in (User, Patron, Loan, LoanRenewal, BookFile, Job)}
    happened = list(Activity.objects.order_by("id").values_list("id", "at", "verb"))
    forget()
    assert {model: model._default_manager.count() for model in counted} == counted
    assert list(Activity.objects.order_by("id").values_list("id", "at", "verb"))[:-1] == happened
    newest = Activity.objects.latest("id")
    assert (newest.verb, newest.actor, newest.subject, newest.data) == ("account.forgotten", None, None, {})


def test_nobody_can_enter_or_borrow_as_her(ada, client, staff):
    client.force_login(ada)
    forget()
    user = User.objects.get(pk=ada.pk)
    assert not user.is_active
    assert not user.has_usable_password()
    assert client.get("/circulation/my/").status_code in {302, 404}
    assert services.explain_check_out(copy=make_copy(), patron=user.patron, by=staff).decision.reasons[0].code == (
        "patron_inactive"
    )
    with pytest.raises(CommandError):
        forget()


def test_what_others_said_and_had_is_left_alone(ada, staff):
    other = make_patron(full_name="Mary Somerville")
    make_loan(patron=other)
    hold = make_hold(patron=other, state=HoldState.REFUSED, refusal_reason="Lost", confirmed_by=staff)
    block = blocks.place(patron=other, block=blocks.NewBlock("card_lost", note="Found"), owner="accounts", by=staff)
    forget()
    other.refresh_from_db()
    assert str(other.user) == "Mary Somerville"
    assert Hold.objects.get(pk=hold.pk).confirmed_by == staff
    assert PatronBlock.objects.get(pk=block.pk).by == staff


def test_she_is_not_forgotten_while_something_is_open(ada):
    loan, hold = make_loan(patron=ada.patron), make_hold(patron=ada.patron)
    with pytest.raises(CommandError) as refusal:
        forget()
    assert "1 loan is still open" in str(refusal.value)
    assert "1 hold is still open" in str(refusal.value)
    assert loan.copy.book.title in str(refusal.value)
    assert hold.copy.book.title in str(refusal.value)
    assert User.objects.get(pk=ada.pk).full_name == NAME
    assert not Activity.objects.filter(verb="account.forgotten").exists()


def test_she_is_not_forgotten_while_she_owes_or_is_owed(ada):
    fee = money.charge(patron=ada.patron, amount=Decimal("2.50"), text="A new card", by=None)
    with pytest.raises(CommandError, match=r"They owe 2\.50\."):
        forget()
    money.pay(patron=ada.patron, amount=Decimal(4), kind=PaymentKind.objects.get(code="cash"), by=None)
    with pytest.raises(CommandError, match=r"1\.50 of theirs is credit: pay it back first\."):
        forget()
    assert fee.patron == ada.patron


def test_staff_are_made_readers_first(staff):
    with pytest.raises(CommandError, match="Make them a reader first"):
        forget(staff.patron.card_number)
    assert User.objects.get(pk=staff.pk).is_active


def test_without_an_answer_nothing_is_forgotten(ada, monkeypatch):
    for said in ("", "yes"):
        monkeypatch.setattr("builtins.input", lambda asked, said=said: said)
        with pytest.raises(CommandError, match=r"Nothing was changed\."):
            call_command("forget_person", CARD)
    assert User.objects.get(pk=ada.pk).full_name == NAME
    monkeypatch.setattr("builtins.input", lambda asked: "forget")
    call_command("forget_person", CARD, stdout=StringIO())
    assert User.objects.get(pk=ada.pk).full_name == ""


def test_who_has_no_address_is_forgotten_alike():
    one, another = make_patron(email=None, card_number="L-77"), make_patron(email=None)
    privacy.forget_person(user=one.user)
    another.refresh_from_db()
    assert another.user.is_active
    assert another.card_number
