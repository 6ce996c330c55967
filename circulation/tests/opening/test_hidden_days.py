"""Exceptions of the past are hidden, not deleted: what was late over them is counted by them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.tests.factories import make_branch
from circulation.models import CalendarException
from circulation.state import calendars
from library.activity.models import Activity

pytestmark = pytest.mark.django_db
LIST = reverse("admin:circulation_calendarexception_changelist")


@pytest.fixture
def admin(client, administrator):
    client.force_login(administrator)
    return client


@pytest.fixture
def branch():
    return make_branch()


def closed(branch, first, last, name):
    today = timezone.localdate()
    days = {"first_day": today + timedelta(days=first), "last_day": today + timedelta(days=last)}
    return CalendarException.objects.create(branch=branch, name=name, **days)


def act(admin, name, *rows, **more):
    return admin.post(LIST, {"action": name, "_selected_action": [row.pk for row in rows], **more}, follow=True)


def names(admin, **asked):
    return [row.name for row in admin.get(LIST, asked).context["cl"].result_list]


def test_past_days_are_hidden_by_an_action_and_still_count(admin, branch):
    past, coming = closed(branch, -9, -8, "Flood"), closed(branch, 5, 6, "Painters")
    answer = act(admin, "hide_ticked", past, coming)
    assert "1 row was hidden." in answer.content.decode()
    assert (names(admin), names(admin, hidden="yes")) == (["Painters"], ["Flood"])
    assert sorted(names(admin, hidden="all")) == ["Flood", "Painters"]
    assert not calendars.calendar_of(branch.pk).is_open(past.first_day)
    assert Activity.objects.filter(verb="calendar.exception_hidden").count() == 1


@pytest.mark.parametrize(("first", "last", "goes"), [(-9, -8, False), (-1, 3, False), (0, 0, False), (1, 2, True)])
def test_only_what_has_not_begun_can_be_deleted(admin, branch, first, last, goes):
    row = closed(branch, first, last, "Flood")
    page = reverse("admin:circulation_calendarexception_delete", args=[row.pk])
    assert admin.post(page, {"post": "yes"}).status_code == (302 if goes else 403)
    assert CalendarException.objects.exists() is not goes


def test_ticked_ones_are_deleted_only_where_none_has_begun(admin, branch):
    past, coming = closed(branch, -9, -8, "Flood"), closed(branch, 5, 6, "Painters")
    act(admin, "delete_selected", past, coming, post="yes")
    assert CalendarException.objects.count() == 2
    act(admin, "delete_selected", coming, post="yes")
    assert list(CalendarException.objects.values_list("name", flat=True)) == ["Flood"]
