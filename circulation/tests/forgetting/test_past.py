"""Past loans and holds lose their reader, and nothing that is left leads back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.models import Patron, Tier, User
from accounts.people import patron_search
from accounts.people.nobody import NAME, NOBODY, nobody
from accounts.tests.factories import make_librarian, make_patron
from catalog.models import CopyStatus
from catalog.tests.factories import make_copy
from circulation import forgetting, services
from circulation.forgetting import past
from circulation.models import (
    Hold,
    HoldState,
    LendingSettings,
    Loan,
    LoanRenewal,
    MonthlyLoans,
    Override,
    RedatedLoan,
    Redating,
)
from circulation.tasks import forget_past_loans
from circulation.tests.factories import make_hold, make_loan
from library.activity.models import Activity
from library.core import days
from library.core.models import KeptAnswer
from library.jobs import nightly
from library.jobs.models import NightlyReport
from library.notices import services as notices
from library.notices.models import Notice

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LENT = datetime(2026, 1, 12, 10, 17, 33, 123456, tzinfo=UTC)
BACK = datetime(2026, 1, 20, 15, 2, 11, 987654, tzinfo=UTC)
N = 30
LATE = datetime(2026, 3, 3, 2, 30, tzinfo=UTC)  # long after what came back on BACK may go


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.TIME_ZONE = "UTC"
    LendingSettings.objects.update_or_create(pk=1, defaults={"anonymise_after_days": N})


@pytest.fixture
def staff():
    return make_librarian(full_name="Mary Somerville")


def past_loan(**values):
    return make_loan(**{"checked_out_at": LENT, "returned_at": BACK, "checked_in_at": BACK, **values})


def one_who_keeps(**values):
    reader = make_patron(**values)
    reader.keeps_history = True
    reader.save(update_fields=["keeps_history"])
    return reader


def forget(moment=LATE):
    report = forgetting.forget_past(at=moment)
    assert report is not None
    return report


def readers():
    return sorted(Loan.objects.values_list("patron", flat=True))


# -- which ------------------------------------------------------------------------------------------------------------


def at(day: date, clock: str = "00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("clause", "moment", "is_forgotten"),
    [
        ("anonymise_after_days after return: the day before", at(date(2026, 2, 19), "23:59"), False),
        ("anonymise_after_days after return: the last day is whole", at(date(2026, 2, 18), "12:00"), False),
        ("anonymise_after_days after return", at(date(2026, 2, 20)), True),
        ("a job that has not run for months", at(date(2026, 7, 1)), True),
    ],
)
def test_loan_loses_its_reader_so_many_days_after_it_came_back(clause, moment, is_forgotten):
    loan = past_loan()
    forgetting.forget_past(at=moment)
    assert (readers() == [NOBODY]) is is_forgotten, clause
    assert Loan.objects.filter(pk=loan.pk).exists() is not is_forgotten


def test_days_are_those_of_the_library(settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    zone = ZoneInfo("Pacific/Auckland")
    past_loan(returned_at=datetime(2026, 1, 20, 0, 30, tzinfo=zone))
    forgetting.forget_past(at=datetime(2026, 2, 19, 23, 59, tzinfo=zone))
    assert readers() != [NOBODY]
    forgetting.forget_past(at=datetime(2026, 2, 20, 0, 1, tzinfo=zone))
    assert readers() == [NOBODY]


def test_with_nothing_said_nobody_is_forgotten():
    LendingSettings.objects.update(anonymise_after_days=None)
    past_loan()
    assert forgetting.forget_past(at=LATE) is None
    assert readers() != [NOBODY]
    assert not NightlyReport.objects.exists()


def test_loan_that_is_still_out_lost_or_kept_by_choice_stays_with_its_reader():
    keeper = one_who_keeps()
    for loan in (
        make_loan(checked_out_at=LENT),
        make_loan(checked_out_at=LENT, lost_at=BACK),
        past_loan(patron=keeper),
        past_loan(returned_at=LATE - DAY),
    ):
        forgetting.forget_past(at=LATE)
        assert Loan.objects.get(pk=loan.pk).patron == loan.patron
    kept = make_hold(patron=keeper, state=HoldState.EXPIRED, ended_at=BACK)
    forgetting.forget_past(at=LATE)
    assert Hold.objects.get() == kept


def test_history_that_is_switched_on_later_brings_nothing_back_and_off_lets_it_go():
    reader = make_patron()
    past_loan(patron=reader)
    forgetting.forget_past(at=LATE)
    Patron.objects.filter(pk=reader.pk).update(keeps_history=True)
    past_loan(patron=reader)
    forgetting.forget_past(at=LATE)
    assert readers() == sorted([NOBODY, reader.pk])
    Patron.objects.filter(pk=reader.pk).update(keeps_history=False)
    forgetting.forget_past(at=LATE)
    assert readers() == [NOBODY, NOBODY]


def test_loan_of_a_month_that_is_not_over_waits_until_it_is_counted():
    LendingSettings.objects.update(anonymise_after_days=0)
    past_loan()
    forgetting.forget_past(at=at(date(2026, 1, 31), "23:59"))
    assert readers() != [NOBODY]
    forgetting.forget_past(at=at(date(2026, 2, 1)))
    assert readers() == [NOBODY]


@pytest.mark.parametrize("state", [HoldState.FULFILLED, HoldState.CANCELLED, HoldState.EXPIRED, HoldState.REFUSED])
def test_holds_of_every_state_that_ended_go(state):
    reason = "Her own words" if state == HoldState.REFUSED else ""
    make_hold(state=state, ended_at=BACK, refusal_reason=reason)
    young = make_hold(state=state, ended_at=LATE - DAY, refusal_reason=reason)
    forgetting.forget_past(at=LATE)
    assert list(Hold.objects.all()) == [young]


def test_holds_that_somebody_waits_for_stay():
    holds = [make_hold(state=state, placed_at=LENT) for state in (HoldState.REQUESTED, HoldState.READY)]
    forgetting.forget_past(at=LATE)
    assert set(Hold.objects.all()) == set(holds)


# -- everything -------------------------------------------------------------------------------------------------------

NAME_OF_HER, CARD, TITLE = "Ada Lovelace-Byron", "L-99.0815", "A Sketch of the Analytical Engine"


@pytest.fixture
def ada(staff):
    """A reader of whom each table that knows of lending has something to say."""
    reader = make_patron(full_name=NAME_OF_HER, card_number=CARD)
    make_loan(patron=reader)
    copy = make_copy()
    type(copy.book).objects.filter(pk=copy.book.pk).update(title=TITLE)
    by = User.objects.get(pk=staff.pk)
    loan = services.check_out(copy=type(copy).objects.get(pk=copy.pk), patron=reader, by=by, at=LENT)
    Override.objects.create(
        loan=loan, verb="check_out", reasons=[{"detail": CARD}], comment="Ada asked nicely", by=by, at=LENT
    )
    services.renew(loan=loan, by=reader.user, at=LENT + 2 * DAY)
    order = Redating.objects.create(first_day=LENT, last_day=LENT, ordered_by=by, ordered_at=LENT)
    RedatedLoan.objects.create(redating=order, loan=loan, due_before=LENT, due_after=LENT + DAY)
    notices.queue(
        user=reader.user, kind="loan_not_renewed", dedupe=f"loan:{loan.pk}:soon", at=LENT, title=TITLE, due=BACK
    )
    KeptAnswer.objects.create(user_id=staff.pk, key="k", request_hash="h", status=200, body={"patron": CARD})
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(Loan),
        object_id=str(loan.pk),
        object_repr=f"{TITLE} → {NAME_OF_HER}",
        action_flag=CHANGE,
        change_message=NAME_OF_HER,
    )
    with nightly.report("reckon", LENT) as run:
        run.fault(loan.pk, RuntimeError())
    services.check_in(copy=loan.copy, by=by, at=BACK)
    hold = make_hold(patron=reader, state=HoldState.REFUSED, ended_at=BACK, refusal_reason="Her own words")
    Activity.objects.create(
        at=BACK, actor=by, subject=reader.user, verb="hold.refused", object_label="circulation.hold", object_id=hold.pk
    )
    return reader


def every_row() -> dict[str, list[dict[str, Any]]]:
    models = (model for model in apps.get_models() if not model._meta.proxy and model._meta.managed)
    return {model._meta.label: list(model._default_manager.values()) for model in models}


def test_no_table_names_her_beside_a_loan_or_hold_of_the_past(ada):
    (loan,) = Loan.objects.filter(patron=ada, returned_at__isnull=False)
    (hold,) = Hold.objects.all()
    secrets = {str(loan.pk), str(hold.pk), "Ada asked nicely", "Her own words"}
    before = str(every_row())
    assert [secret for secret in secrets if secret not in before] == []

    report = forget()

    assert (report.done, report.failed) == (1, 0)
    after = every_row()
    scrubbed = {label: str(rows) for label, rows in after.items()}
    # The record keeps that something was done to some loan; which loan that is, nothing says any more.
    record = scrubbed.pop("activity.Activity")
    assert [(label, secret) for label, text in scrubbed.items() for secret in secrets if secret in text] == []
    for label, text in scrubbed.items():
        if label not in {"accounts.User", "accounts.Patron"}:
            assert (NAME_OF_HER in text, CARD in text) == (False, False), label
    assert TITLE not in record
    about_lending = [row for row in after["activity.Activity"] if row["object_id"] in {str(loan.pk), str(hold.pk)}]
    assert len(about_lending) >= 4
    assert {(row["subject_id"], str(row["data"])) for row in about_lending} == {(None, "{}")}
    assert ada.pk not in {row["actor_id"] for row in about_lending}
    assert [row for row in after["circulation.Loan"] if row["patron_id"] == ada.pk] == list(
        Loan.objects.open().filter(patron=ada).values()
    )


def test_what_still_stands_against_her_is_left_alone(ada):
    here = Loan.objects.open().get(patron=ada)
    staff_did = Activity.objects.filter(actor__role="librarian").count()
    forgetting.forget_past(at=LATE)
    assert Loan.objects.get(pk=here.pk).patron == ada
    assert User.objects.get(pk=ada.pk).full_name == NAME_OF_HER
    assert Activity.objects.filter(actor__role="librarian").count() == staff_did


def test_others_are_left_alone(ada):
    other = one_who_keeps(full_name="Mary Shelley")
    theirs = past_loan(patron=other)
    LoanRenewal.objects.create(loan=theirs, at=LENT, due_before=LENT, due_after=BACK)
    notices.queue(user=other.user, kind="loan_not_renewed", dedupe=f"loan:{theirs.pk}:soon", title="x", due=BACK)
    KeptAnswer.objects.create(user_id=other.pk, key="k", request_hash="h", status=200, body={"patron": "L-99.08150"})
    forgetting.forget_past(at=LATE)
    assert Loan.objects.get(pk=theirs.pk).checked_out_at == LENT
    assert LoanRenewal.objects.get().loan == theirs
    assert Notice.objects.get().user == other.user
    assert KeptAnswer.objects.get().user_id == other.pk


# -- nothing leads back -----------------------------------------------------------------------------------------------


def test_moments_are_cut_to_the_day_and_the_loan_stays_sound():
    past_loan(
        renewals=1, renewed_at=LENT + DAY, claimed_returned_at=BACK, lost_at=BACK, is_hourly=True, due_at=LENT + DAY
    )
    forgetting.forget_past(at=LATE)
    loan = Loan.objects.get()
    for name in past.MOMENTS:
        assert getattr(loan, name) == days.start_of(days.date_of(getattr(loan, name))), name
    assert loan.checked_out_at == at(date(2026, 1, 12))
    assert loan.due_at == days.end_of(date(2026, 1, 13))
    assert (loan.checked_out_by, loan.returned_by, loan.explanation) == (None, None, {})
    assert (loan.due_changes, loan.due_changed_at) == (0, None)
    assert loan.pk.version == 4


@pytest.mark.parametrize("night", ["2026-03-29", "2026-10-25"])
def test_day_on_which_clocks_change_is_cut_by_the_clock_of_the_library(settings, night):
    settings.TIME_ZONE = "Europe/Berlin"
    zone = ZoneInfo("Europe/Berlin")
    noon = datetime.fromisoformat(f"{night}T12:00").replace(tzinfo=zone)
    past_loan(checked_out_at=noon, due_at=noon + timedelta(hours=4), returned_at=noon + timedelta(hours=5))
    forgetting.forget_past(at=noon + 400 * DAY)
    loan = Loan.objects.get()
    assert loan.checked_out_at.astimezone(zone).isoformat()[:19] == f"{night}T00:00:00"
    assert loan.due_at.astimezone(zone).isoformat()[:26] == f"{night}T23:59:59.999999"


def test_what_is_left_of_loans_of_two_readers_tells_them_not_apart(staff):
    """Three books scanned in one go and three of another reader a minute later: no column of what is left is shared by
    some of the three and by nobody else's."""
    one, other = make_patron(), make_patron()
    copies = [make_copy() for _number in range(6)]
    branch = copies[0].branch
    type(copies[0]).objects.update(branch=branch)
    owners: dict[int, UUID] = {}
    for number, copy in enumerate(copies):
        reader, moment = (one, LENT) if number < 3 else (other, LENT + timedelta(minutes=1))
        copy.refresh_from_db()
        loan = services.check_out(copy=copy, patron=reader, by=staff, at=moment)
        services.check_in(copy=loan.copy, by=staff, at=BACK + timedelta(seconds=number // 3))
        owners[copy.pk] = reader.pk
    forgetting.forget_past(at=LATE)
    rows: list[Any] = list(Loan.objects.values())
    assert len(rows) == 6
    for name in rows[0]:
        groups: dict[str, set[UUID]] = {}
        sizes: dict[str, int] = {}
        for row in rows:
            value = json.dumps(row[name], default=str)
            groups.setdefault(value, set()).add(owners[row["copy_id"]])
            sizes[value] = sizes.get(value, 0) + 1
        shared = [owner for value, owner in groups.items() if sizes[value] > 1]
        assert all(len(owner) == 2 for owner in shared), name
    in_order = [owners[row["copy_id"]] for row in sorted(rows, key=lambda row: row["id"])]
    assert len({row["id"].version for row in rows}) == 1, in_order
    assert all(row["id"].version == 4 for row in rows)


def test_no_join_of_what_is_left_leads_from_a_past_loan_to_a_person(ada):
    """Along every foreign key, and every column that holds some other row's key as words, for any number of steps."""
    forgetting.forget_past(at=LATE)
    (loan,) = Loan.objects.filter(patron=NOBODY)
    tables = {label: rows for label, rows in every_row().items() if label.split(".")[0] not in {"contenttypes", "auth"}}
    # What is known to all: the books, and where they stand; and nobody.
    common = {"catalog", "sessions"}
    reached, frontier = set(), {str(loan.pk)}
    while frontier:
        reached |= frontier
        found = set()
        for label, rows in tables.items():
            if label.split(".")[0] in common:
                continue
            for row in rows:
                values = {str(value) for value in row.values() if isinstance(value, UUID | str)} - {""}
                if values & frontier:
                    found |= {value for value in values if len(value) == 36}
        frontier = found - reached
    assert str(ada.pk) not in reached
    assert reached <= {str(loan.pk), str(NOBODY)}


# -- what stays -------------------------------------------------------------------------------------------------------


def test_counts_by_tier_and_month_stay_and_small_ones_are_merged():
    many = Tier.objects.create(code="many", name="Many")
    few, fewer = (Tier.objects.create(code=code, name=code) for code in ("few", "fewer"))
    for tier, count in ((many, 7), (few, 3), (fewer, 2)):
        for _number in range(count):
            past_loan(patron=make_patron(tier=tier))
    past_loan(patron=make_patron(tier=few), checked_out_at=LENT - 40 * DAY)
    make_loan(patron=make_patron(tier=many), checked_out_at=LATE - DAY)
    forgetting.forget_past(at=LATE)
    counted = {
        (str(month), tier): loans for month, tier, loans in MonthlyLoans.objects.values_list("month", "tier", "loans")
    }
    assert counted == {
        ("2026-01-01", many.pk): 7,
        ("2026-01-01", None): 5,
        ("2025-12-01", None): 1,
    }
    assert Loan.objects.count() == 14
    forgetting.forget_past(at=LATE + DAY)
    assert MonthlyLoans.objects.count() == 3


def test_month_is_counted_once_whoever_left_meanwhile():
    for _number in range(6):
        past_loan()
    forgetting.forget_past(at=LATE)
    counted = list(MonthlyLoans.objects.values())
    forgetting.forget_past(at=LATE + 60 * DAY)
    assert list(MonthlyLoans.objects.values()) == counted
    assert sum(row["loans"] for row in counted) == 6


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"month": date(2026, 1, 2)}, "monthly_loans_of_a_month"),
        ({"loans": 4}, "monthly_loans_not_of_few"),
        ({"tier": None}, "monthly_loans_once"),
    ],
)
def test_database_refuses_counts_that_cannot_be(values, constraint):
    tier = Tier.objects.first()
    MonthlyLoans.objects.create(month=date(2026, 1, 1), tier=None, loans=9)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        MonthlyLoans.objects.create(**{"month": date(2026, 1, 1), "tier": tier, "loans": 9, **values})


def test_database_refuses_a_period_without_end():
    with pytest.raises(IntegrityError, match="lending_anonymise_after_bounded"), transaction.atomic():
        LendingSettings.objects.update(anonymise_after_days=4000)


# -- how --------------------------------------------------------------------------------------------------------------


def test_run_twice_changes_nothing_more():
    for _number in range(3):
        past_loan()
    assert forget().done == 3
    rows = list(Loan.objects.order_by("id").values())
    assert forget(LATE + DAY).done == 0
    assert list(Loan.objects.order_by("id").values()) == rows


def test_one_reader_whose_row_fails_leaves_the_others_and_keeps_all_of_theirs(monkeypatch):
    bad, good = past_loan(), past_loan()
    cut_off = past._cut_off

    def fails(loans):
        cut_off(loans)
        if bad.pk in loans:
            raise RuntimeError(NAME_OF_HER)

    monkeypatch.setattr(past, "_cut_off", fails)
    report = forget()
    assert (report.done, report.failed) == (1, 1)
    assert Loan.objects.get(pk=bad.pk).patron == bad.patron
    assert not Loan.objects.filter(pk=good.pk).exists()
    assert NAME_OF_HER not in str(report.faults)
    monkeypatch.undo()
    assert forget().done == 1
    assert str(bad.patron_id) not in str(list(NightlyReport.objects.values("faults")))


def test_readers_with_nothing_to_forget_do_not_stand_in_the_way(monkeypatch):
    monkeypatch.setattr("library.jobs.nightly.walks.BATCH", 2)
    for _number in range(5):
        make_loan(checked_out_at=LENT)
    wanted = past_loan()
    report = forget()
    assert (report.done, report.skipped) == (1, 0)
    assert not Loan.objects.filter(pk=wanted.pk).exists()


def test_reader_with_very_many_loans_is_done_in_parts(monkeypatch):
    monkeypatch.setattr(past, "AT_ONCE", 2)
    reader = make_patron()
    for _number in range(5):
        past_loan(patron=reader)
    left = []
    for _night in range(3):
        forgetting.forget_past(at=LATE)
        left.append(Loan.objects.filter(patron=reader).count())
    assert left == [3, 1, 0]


def test_as_many_statements_for_many_loans_as_for_one(django_assert_max_num_queries):
    reader = make_patron()
    for _number in range(20):
        past_loan(patron=reader)
        make_hold(patron=reader, state=HoldState.EXPIRED, ended_at=BACK)
    forgetting.count_months(at=LATE)
    nobody()
    with django_assert_max_num_queries(32):
        assert forgetting.forget_past_of(reader.pk, at=LATE)
    assert readers() == [NOBODY] * 20


def test_task_runs_by_the_clock(monkeypatch):
    past_loan()
    forget_past_loans()
    assert readers() == [NOBODY]
    assert NightlyReport.objects.get().task == "forget_past_loans"


# -- nobody -----------------------------------------------------------------------------------------------------------


def test_nobody_is_one_account_that_can_do_nothing(staff):
    assert nobody() == nobody()
    user = User.objects.get(pk=NOBODY)
    assert (user.is_active, user.email, user.has_usable_password()) == (False, None, False)
    assert patron_search.people_like(NAME, most=5) == []
    copy = make_copy()
    reasons = services.explain_check_out(copy=copy, patron=user.patron, by=staff).decision.reasons
    assert reasons[0].code == "patron_inactive"


def test_pages_show_a_past_loan_without_its_reader(client, staff):
    loan = past_loan()
    forgetting.forget_past(at=LATE)
    client.force_login(staff)
    page = client.get(reverse("circulation:all-loans"), {"status": "returned"})
    assert page.status_code == 200
    assert "no longer known" in page.content.decode()
    assert str(loan.patron.user) not in page.content.decode()


def test_every_table_that_hangs_on_a_loan_or_hold_is_looked_after():
    """Whoever adds one thinks of what it says of a reader of the past."""
    hanging = {
        f"{relation.related_model.__name__}.{relation.field.name}"
        for model in (Loan, Hold)
        for relation in model._meta.related_objects
    }
    assert hanging == {"Charge.loan", "LoanRenewal.loan", "Override.hold", "Override.loan", "RedatedLoan.loan"}


def test_copy_that_was_lent_long_ago_is_taken_back_and_lent_as_ever(staff):
    loan = past_loan()
    forgetting.forget_past(at=LATE)
    copy = make_copy() if loan.copy.status == CopyStatus.ON_LOAN else loan.copy
    copy.refresh_from_db()
    lent = services.check_out(copy=copy, patron=make_patron(), by=staff, at=LATE)
    assert services.check_in(copy=lent.copy, by=staff, at=LATE + DAY).loan == lent
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM circulation_loan WHERE patron_id = %s", [NOBODY])
        assert cursor.fetchone() == (1,)


def test_pairs_of_ids_say_nothing_about_who_came_first():
    reader = make_patron()
    for number in range(12):
        past_loan(patron=reader, checked_out_at=LENT + timedelta(minutes=number))
    order = {loan.copy_id: loan.checked_out_at for loan in Loan.objects.all()}
    forgetting.forget_past(at=LATE)
    now = [loan.copy_id for loan in Loan.objects.order_by("id")]
    in_order = sum(order[first] < order[second] for first, second in combinations(now, 2))
    assert 0 < in_order < 66
