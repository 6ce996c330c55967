"""The record as services, exporters and the back office read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user
from catalog.tests.factories import make_book
from library.activity import privacy, services
from library.activity.models import Activity
from library.core.privacy.registry import Person

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ATOM = timedelta(microseconds=1)
LIST = reverse("admin:activity_activity_changelist")


def done(verb: str = "deed.done", **given) -> Activity:
    return services.record(verb=verb, **{"actor": None, "at": MONDAY} | given)


def auditor():
    user = make_librarian()
    user.user_permissions.add(Permission.objects.get(codename="view_activity"))
    return type(user).objects.get(pk=user.pk)


# -- what is written


def test_a_thing_is_named_by_its_kind_and_id_and_a_deed_without_one_by_neither():
    book = make_book()
    about, without = done(object=book), done()
    assert (about.object_label, about.object_id) == ("catalog.book", str(book.pk))
    assert (without.object_label, without.object_id) == ("", "")


def test_a_person_given_as_the_thing_does_not_replace_the_one_it_was_done_to():
    ada, eve = make_user(), make_user()
    row = done(object=ada, subject=eve)
    assert (row.subject, row.object_label, row.object_id) == (eve, "", "")


def test_a_time_among_the_details_is_kept_in_words_and_a_text_on_one_line():
    row = done(data={"due": MONDAY, "title": "Two\nlines", "times": 0, "by": None})
    row.refresh_from_db()
    assert row.data == {"due": "2026-11-16T09:00:00+00:00", "title": "Two lines", "times": 0, "by": None}


def test_a_deed_without_a_time_was_done_now():
    before = datetime.now(UTC)
    assert before <= done(at=None).at <= datetime.now(UTC)


@pytest.mark.parametrize("half", [{"object_label": "catalog.book"}, {"object_id": "7"}])
def test_the_database_refuses_half_a_thing(half):
    with pytest.raises(IntegrityError, match="activity_object_whole_or_none"), transaction.atomic():
        Activity.objects.create(at=MONDAY, verb="deed.done", **half)


def test_a_row_says_what_was_done_and_when_by_the_library_s_clock():
    assert str(done()) == "deed.done 16 Nov 2026, 10:00"


# -- what is seen


def test_the_newest_stands_first_and_of_one_moment_the_last_that_was_written():
    first, second, newest = done(), done(), done(at=MONDAY + ATOM)
    assert list(services.visible_to(auditor())) == [newest, second, first]


def test_who_may_not_see_all_sees_what_they_did_and_what_was_done_to_them_once():
    ada, eve = make_user(), make_user()
    both = done(actor=ada, subject=ada)
    to_her = done(actor=eve, subject=ada, at=MONDAY + DAY)
    done(actor=eve)
    assert list(services.visible_to(ada)) == [to_her, both]


def test_nobody_asks_by_the_name_of_another_what_concerns_themselves():
    ada, eve = make_user(), make_user()
    own = done(actor=ada)
    done(actor=eve, subject=ada)
    assert list(services.visible_to(ada, actor=eve.pk)) == []
    assert list(services.visible_to(ada, actor=ada.pk)) == [own]
    assert services.visible_to(auditor(), actor=eve.pk).count() == 1


def test_a_deed_is_seen_from_its_own_moment_on():
    row, staff = done(), auditor()
    assert list(services.visible_to(staff, since=MONDAY)) == [row]
    assert list(services.visible_to(staff, since=MONDAY + ATOM)) == []
    assert list(services.visible_to(staff, since=MONDAY, verb="deed.undone")) == []


def test_people_are_read_with_the_record(django_assert_num_queries):
    for _ in range(3):
        done(actor=make_user(), subject=make_user())
    staff = auditor()
    services.may_see_all(staff)  # permissions are read once
    with django_assert_num_queries(1):
        assert len({f"{row.actor} {row.subject}" for row in services.visible_to(staff)}) == 3


@pytest.mark.parametrize(
    ("make", "sees_all"),
    [(make_user, False), (make_librarian, False), (auditor, True), (lambda: make_user(Role.ADMINISTRATOR), True)],
    ids=["reader", "librarian", "auditor", "administrator"],
)
def test_who_sees_what_others_did(make, sees_all):
    assert services.may_see_all(make()) is sees_all


# -- what is given out and forgotten


def test_a_person_gets_what_they_did_and_what_others_did_to_them_each_once_and_oldest_first():
    ada, eve = make_user(), make_user()
    done("deed.later", actor=ada, at=MONDAY + DAY, data={"title": "Zwölf"})
    done("deed.own", actor=ada, subject=ada)
    done("deed.suffered", actor=eve, subject=ada, at=MONDAY + DAY)
    done("deed.other", actor=eve)
    given = privacy.exported(Person(ada.pk))
    assert [one["verb"] for one in given["done"]] == ["deed.own", "deed.later"]
    assert given["done"][1]["data"] == {"title": "Zwölf"}
    assert [one["verb"] for one in given["done_to_them"]] == ["deed.suffered"]
    assert not any("actor" in one for one in given["done_to_them"])  # who it was is another's


def test_forgetting_a_person_leaves_what_happened():
    ada = make_user()
    row = done(actor=ada, subject=ada, object=make_book(), data={"title": "Middlemarch"})
    label, number = row.object_label, row.object_id
    privacy.erase(Person(ada.pk))
    row.refresh_from_db()
    assert (row.actor, row.subject, row.data) == (None, None, {})
    assert (row.verb, row.at, row.object_label, row.object_id) == ("deed.done", MONDAY, label, number)


# -- the back office


def shown(**query: str):
    client = Client()
    client.force_login(make_user(Role.ADMINISTRATOR))
    return client.get(LIST, query)


def test_a_thing_is_shown_by_kind_and_id_and_found_by_its_id_alone():
    book = make_book()
    row = done(object=book)
    done(at=MONDAY + DAY)
    assert f"catalog.book {book.pk}" in shown().text
    assert list(shown(q=str(book.pk)).context["cl"].result_list) == [row]
    assert list(shown(q=f"{book.pk}0").context["cl"].result_list) == []


def test_words_in_the_details_are_never_markup():
    done(data={"title": "<script>alert(1)</script>"})
    assert "<script>alert(1)" not in shown().text


@pytest.mark.parametrize("query", ["Diallo", "amina@", "DIALLO"])
def test_a_person_is_found_by_name_and_address_whatever_they_did(query):
    amina = make_user(full_name="Amina Diallo", email="amina@example.org")
    did, suffered = done(actor=amina, at=MONDAY + DAY), done(subject=amina)
    done(actor=make_user())
    assert list(shown(q=query).context["cl"].result_list) == [did, suffered]
