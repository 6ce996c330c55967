import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Tier
from accounts.tests.factories import make_patron
from catalog.models import ItemType
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation.models import Loan
from circulation.reports import filters
from circulation.reports.csv import harmless, loans_as_csv
from circulation.tests.factories import make_loan
from circulation.tests.pages.test_reader_pages import text_of
from library.activity.models import Activity
from library.core.http.ranges import in_pieces

pytestmark = pytest.mark.django_db
LOANS, FILE, API = reverse("circulation:all-loans"), reverse("circulation:all-loans-csv"), "/api/v1/loans/"


def titled(title, **values):
    copy = {name: values.pop(name) for name in ("branch", "item_type", "barcode") if name in values}
    return make_loan(copy=make_copy(book=make_book(title=title), **copy), **values)


def rows_of(response):
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


@pytest.fixture
def staff(client, librarian):
    client.force_login(librarian)
    return client


def test_list_is_for_staff(client):
    for address in (LOANS, FILE):
        assert client.get(address).status_code == 302
    client.force_login(make_patron().user)
    for address in (LOANS, FILE):
        assert client.get(address).status_code == 403


def test_empty_list_says_so(staff):
    assert "Nothing was ever lent." in text_of(staff.get(LOANS))
    assert "No loan is like that." in text_of(staff.get(LOANS, {"status": "overdue"}))


@pytest.fixture
def loans():
    """Four loans that differ in everything that can be asked for."""
    now = timezone.now()
    teacher = Tier.objects.create(code="teacher", name="Teacher")
    amina, ben = make_patron(full_name="Amina Diallo"), make_patron(full_name="Ben Okri")
    ben.tier = teacher
    ben.save()
    north, film = make_branch(code="north", name="North"), ItemType.objects.create(code="dvd", name="Film")
    return {
        "late": titled("Emma", patron=amina, checked_out_at=now - timedelta(days=30)),
        "later": titled("Persuasion", patron=ben, checked_out_at=now - timedelta(days=20), branch=north),
        "out": titled("Solaris", patron=ben, checked_out_at=now - timedelta(days=1), item_type=film),
        "back": titled("Walden", patron=amina, checked_out_at=now - timedelta(days=40), returned_at=now),
    }


def day(moment):
    return timezone.localtime(moment).date().isoformat()


CASES = [
    ({}, ["Solaris", "Persuasion", "Emma", "Walden"]),  # the newest first
    ({"status": "overdue"}, ["Emma", "Persuasion"]),  # the longest overdue first
    ({"status": "out"}, ["Emma", "Persuasion", "Solaris"]),
    ({"status": "active"}, ["Solaris"]),
    ({"status": "returned"}, ["Walden"]),
    ({"branch": "north"}, ["Persuasion"]),
    ({"tier": "teacher"}, ["Solaris", "Persuasion"]),
    ({"tier": "teacher", "status": "overdue"}, ["Persuasion"]),
    ({"item_type": "dvd"}, ["Solaris"]),
    ({"item_type": "-", "tier": "teacher"}, ["Persuasion"]),
    ({"q": "emm"}, ["Emma"]),
    ({"q": " diallo "}, ["Emma", "Walden"]),
    ({"q": "%"}, []),
]


@pytest.mark.parametrize(("query", "titles"), CASES)
def test_filters_narrow_page_file_and_api_alike(staff, api, librarian, loans, query, titles):
    page = staff.get(LOANS, query)
    text_of(page)
    assert [loan.copy.book.title for loan in page.context["found"]] == titles
    assert sorted(row["title"] for row in rows_of(staff.get(FILE, query))) == sorted(titles)
    rows = api(librarian).get(API, query).json()["results"]
    assert [row["book"]["title"] for row in rows] == titles


def test_whole_barcode_and_card_find_their_loans_and_due_dates_bound_them(staff, loans):
    late, later = loans["late"], loans["later"]
    for query, wanted in [
        ({"q": late.copy.barcode.lower()}, [late]),
        ({"q": later.patron.card_number.lower()}, [loans["out"], later]),
        ({"due_from": day(late.due_at), "due_to": day(late.due_at)}, [late]),
        ({"due_to": day(late.due_at), "status": "out"}, [late]),
        ({"due_from": day(later.due_at), "status": "out"}, [later, loans["out"]]),
    ]:
        assert list(staff.get(LOANS, query).context["found"]) == wanted


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "borrowed"}, "status"),
        ({"branch": "nowhere"}, "branch"),
        ({"tier": "99999"}, "tier"),
        ({"item_type": "a\x00b"}, "item_type"),
        ({"due_from": "yesterday"}, "due_from"),
        ({"due_to": "9999-12-31"}, "due_to"),
        ({"due_from": "2026-03-02", "due_to": "2026-03-01"}, "due_to"),
        ({"q": "x" * 101}, "q"),
    ],
)
def test_filter_that_cannot_be_is_told_beside_its_field(staff, api, librarian, query, field):
    page = text_of(staff.get(LOANS, query), 422)
    assert "Not narrowed" in page
    assert 'class="error"' in page
    assert staff.get(FILE, query)["Location"].startswith(LOANS)
    for address in (API, f"{API}overdue/", f"{API}summary/"):
        refused = api(librarian).get(address, query)
        assert (refused.status_code, list(refused.json()["fields"])) == (400, [field])


def test_branch_is_named_by_code_or_id(api, librarian, loans):
    branch = loans["later"].copy.branch
    for name in (branch.code, branch.pk):
        assert api(librarian).get(API, {"branch": name}).json()["count"] == 1


def test_page_keeps_the_filters_in_its_links(staff, loans):
    page = text_of(staff.get(LOANS, {"tier": "teacher", "status": "out"}))
    assert f"{LOANS}?status=overdue&amp;tier=teacher" in page
    assert f"{FILE}?status=out&amp;tier=teacher" in page


def test_sign_that_no_text_may_hold_is_refused(staff, api, librarian):
    assert staff.get(LOANS, {"q": "a\x00b"}).status_code == 422
    assert api(librarian).get(API, {"q": "a\x00b"}).status_code == 400


def test_wrong_status_in_api_is_400(api, librarian):
    refused = api(librarian).get(API, {"status": "borrowed"}).json()
    assert refused["detail"] == "Choose active, overdue, returned or out."


# The file


def test_file_tells_all_of_a_loan_and_is_written_down(staff, librarian):
    lent = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    loan = titled("Émile; or, “Education”", checked_out_at=lent, patron=make_patron(full_name="Amina Diallo"))
    response = staff.get(FILE, {"status": "out"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment; filename=" in response["Content-Disposition"]
    assert response["Cache-Control"] == "private, no-store"
    assert rows_of(response) == [
        {
            "loan": str(loan.pk),
            "barcode": loan.copy.barcode,
            "title": "Émile; or, “Education”",
            "item type": "",
            "branch": loan.copy.branch.name,
            "lent at": loan.branch.name,
            "card": loan.patron.card_number,
            "reader": "Amina Diallo",
            "tier": loan.patron.tier.name,
            "lent": f"{timezone.localtime(lent):%Y-%m-%d %H:%M}",
            "due": f"{timezone.localtime(loan.due_at):%Y-%m-%d %H:%M}",
            "returned": "",
            "status": "overdue",
            "renewals": "0",
            "claimed returned": "",
            "declared lost": "",
        }
    ]
    written = Activity.objects.get(verb="loans.exported")
    assert (written.actor, written.data) == (librarian, {"status": "out"})


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_no_cell_begins_as_a_formula(staff, text):
    assert harmless(text) == f"'{text}"
    titled(text)
    assert rows_of(staff.get(FILE))[0]["title"] == f"'{text}"


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("x;@SUM(1)", "x;'@SUM(1)"),
        ("a;=1+1", "a;'=1+1"),
        ("a\t=1+1", "a\t'=1+1"),
        ("a, -x", "a,' -x"),
        ("\u00a0=1+1", "'\u00a0=1+1"),
        ("\u200b=1+1", "'\u200b=1+1"),
        (" \ufeff@x", "' \ufeff@x"),
        ("a\n+1", "a\n'+1"),
        ('he said "=1"', 'he said "\'=1"'),
        ("a|=1", "a|'=1"),
        ("a;b,c=d", "a;b,c=d"),
        ("1984", "1984"),
    ],
)
def test_no_cell_begins_a_formula_under_any_separator(title, written):
    assert harmless(title) == written


def test_every_cell_is_quoted():
    loan = make_loan(copy=make_copy(barcode="00123", book=make_book(title='Emma; "so", he said')))
    row = b"".join(loans_as_csv([[loan]], at=timezone.now())).decode("utf-8-sig").splitlines()[1]
    assert '"00123","Emma; ""so"", he said"' in row
    assert row.startswith('"')
    assert row.endswith('"')


def test_cells_that_are_no_formulas_stay_as_they_are():
    assert harmless("Emma - a novel") == "Emma - a novel"


def test_file_of_many_batches_has_each_loan_once(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(filters, "BATCH", 2)
    same = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    made = {str(make_loan(checked_out_at=same).pk) for _ in range(5)}
    with django_assert_num_queries(3):
        pieces = list(loans_as_csv(filters.in_batches(filters.narrowed(Loan.objects.all(), {}, at=same)), at=same))
    rows = list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"))))
    assert {row[0] for row in rows[1:]} == made
    assert len(rows) == 6


def test_file_is_sent_while_it_is_made_under_asgi(async_rf):
    made = []

    def pieces():
        for number in range(3):
            made.append(number)
            yield b"x"

    async def read():
        sent = in_pieces(async_rf.get("/"), pieces())
        assert isinstance(sent, AsyncIterator)
        first = await anext(sent)
        assert made == [0]
        return [first] + [piece async for piece in sent]

    assert asyncio.run(read()) == [b"x"] * 3


# The programming interface


def test_overdue_and_summary_are_the_librarys_for_staff_and_readers_own(api, librarian, loans):
    overdue = api(librarian).get(f"{API}overdue/").json()
    assert [row["book"]["title"] for row in overdue["results"]] == ["Emma", "Persuasion"]
    assert overdue["count"] == 2
    amina = loans["late"].patron.user
    assert [row["book"]["title"] for row in api(amina).get(f"{API}overdue/").json()["results"]] == ["Emma"]
    assert api(librarian).get(f"{API}summary/").json() == {
        "active": 1,
        "overdue": 2,
        "returned": 1,
        "total": 4,
        "due_soon": 0,
        "books": 4,
    }
    assert api(amina).get(f"{API}summary/").json() == {
        "active": 0,
        "overdue": 1,
        "returned": 1,
        "total": 2,
        "due_soon": 0,
        "books": 2,
    }
    for address in ("overdue/", "summary/"):
        assert api().get(API + address).status_code == 401


def test_due_soon_is_within_three_days(api):
    now = timezone.now()
    reader = make_patron()
    for days in (1, 3, 4):
        make_loan(patron=reader, checked_out_at=now - timedelta(days=9), due_at=now + timedelta(days=days))
    assert api(reader.user).get(f"{API}summary/").json()["due_soon"] == 2


@pytest.mark.parametrize("address", [LOANS, API, f"{API}overdue/", f"{API}summary/"])
def test_full_page_runs_as_many_queries_as_two_rows(staff, api, librarian, address):
    client = api(librarian) if address.startswith(API) else staff

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    for _ in range(2):
        make_loan()
    queries()
    for_two = queries()
    for _ in range(18):
        make_loan()
    assert queries() == for_two


def test_readers_counts_are_shown_with_their_history(client):
    reader = make_patron()
    client.force_login(reader.user)
    book = make_book()
    for _ in range(2):
        make_loan(patron=reader, copy=make_copy(book=book), returned_at=timezone.now())
    make_loan(patron=reader)
    page = text_of(client.get(reverse("circulation:my-loans")))
    assert "1 overdue</span>" in page
    assert 'Brought back <span class="chip number">2<' in page
    for word, count in [("loans in all", 3), ("different books", 2)]:
        assert f'<dt>{word}</dt><dd class="figure' in page
        assert f">{count}</dd>" in page.split(f"<dt>{word}</dt>")[1][:60]
