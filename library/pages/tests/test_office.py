"""The first page of the back office: a librarian's work and today's figures; the machine's pages come last."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from accounts.services.roles import permissions_of
from accounts.tests.factories import make_librarian, make_patron, make_user
from catalog.tests.factories import make_copy
from circulation.models import Loan
from circulation.tests.factories import make_hold, make_loan
from library.core import tiles
from library.core.admin import PARTS
from library.core.database.ids import first_of, uuid7

pytestmark = pytest.mark.django_db
FRONT = reverse("admin:index")
MACHINE = ("AISTUDY", "RAG", "Generations of book vectors", "Index generations", "Circulation", "Accounts", "Jobs")


def figures(user, at: datetime) -> dict[str, int]:
    return {str(figure.name): figure.number for figure in tiles.tiles(user, at=at)}


def test_a_librarian_finds_the_work_first_and_no_name_of_a_program(client):
    client.force_login(make_librarian())
    page = client.get(FRONT)

    for deed in ("Add a book", "Lend and take back", "Find a reader", "Rules of lending", "Opening hours"):
        assert deed in page.text
    assert [name for name in MACHINE if re.search(rf">\s*{name}\s*<", page.text)] == []
    parts = [part["name"] for part in page.context["app_list"]]
    assert parts == [PARTS[name] for name in ("catalogue", "readers", "lending", "rules", "staff", "system")]


def test_every_page_of_the_admin_says_to_which_part_it_belongs():
    homeless = [str(model) for model, page in admin.site._registry.items() if getattr(page, "part", None) not in PARTS]
    assert homeless == []


def test_each_sees_the_work_that_they_may_do(client):
    role = make_librarian().groups.get()
    role.permissions.remove(*role.permissions.filter(codename__in=["add_book", "view_loan", "change_loan"]))
    assert "catalog.add_book" not in permissions_of(Role.LIBRARIAN)
    client.force_login(make_librarian())
    page = client.get(FRONT)

    assert "Add a book" not in page.text
    assert "Lend and take back" not in page.text
    assert "overdue" not in page.text
    assert "requests to fetch" in page.text


def test_the_figures_are_todays_by_the_librarys_clock():
    librarian = make_librarian()
    today = timezone.localtime(timezone=timezone.get_default_timezone()).date()
    midnight = datetime.combine(today, time.min, tzinfo=timezone.get_default_timezone())
    noon, minute = midnight + timedelta(hours=12), timedelta(minutes=1)
    before = figures(librarian, noon)

    make_loan(copy=make_copy(), checked_out_at=midnight + minute, due_at=noon + minute)
    make_loan(copy=make_copy(), checked_out_at=midnight - minute, due_at=noon - minute)
    back = make_loan(copy=make_copy(), checked_out_at=midnight - 2 * minute, due_at=noon + timedelta(days=3))
    Loan.objects.filter(pk=back.pk).update(returned_at=midnight - minute, checked_in_at=midnight + minute)
    make_hold(copy=make_copy())
    after = figures(librarian, noon)

    new = {name: after[name] - before[name] for name in after}
    assert {name: number for name, number in new.items() if name != "registered today"} == {
        "lent today": 1,
        "brought back today": 1,
        "still due today": 1,
        "overdue": 1,
        "requests to fetch": 1,
        "on the hold shelf": 0,
        "holds to be cancelled": 0,
    }
    assert new["registered today"] >= 1


def test_figures_cost_five_queries_however_much_there_is():
    librarian = make_librarian()
    librarian.has_perm("circulation.view_loan")
    for _ in range(3):
        make_loan(copy=make_copy())
    with CaptureQueriesContext(connection) as asked:
        tiles.tiles(librarian, at=timezone.now())
    assert len(asked) == 5


def test_an_id_made_from_now_on_is_not_before_the_first_of_now():
    moment = timezone.now()
    assert first_of(moment) <= uuid7() < first_of(moment + timedelta(hours=1))


def test_a_readers_record_leads_to_the_desk_and_their_loans(client):
    reader, other = make_patron(), make_patron()
    make_loan(copy=make_copy(), patron=reader)
    make_loan(copy=make_copy(), patron=other)
    client.force_login(make_librarian())
    page = client.get(reverse("admin:accounts_patron_change", args=[reader.pk]))

    links = {name: address for address, name in re.findall(r'<li><a href="([^"]+)">([^<]+)</a></li>', page.text)}
    assert reader.user.full_name in client.get(links["At the desk"].replace("&amp;", "&")).text
    assert client.get(links["Their loans"]).context["cl"].result_count == 1


def test_a_reader_finds_no_front_page_and_an_administrator_all_of_it(client):
    client.force_login(make_user())
    assert client.get(FRONT, follow=True).status_code == 403
    client.force_login(make_user(Role.ADMINISTRATOR))
    assert "Invitations" in client.get(FRONT).text
