"""Answers that are kept for a day: whose they are, who forgets them, and forms that are sent again."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.test import RequestFactory
from django.utils import timezone

from library.core.errors import InvalidInput
from library.core.http import idempotency
from library.core.http.idempotency import StoredAnswer, form_once, once, sweep
from library.core.models import KeptAnswer
from library.core.privacy import kept_answers
from library.core.privacy.registry import Person
from library.core.tasks import sweep_kept_answers

ADA, EVE = Person(uuid4()), Person(uuid4())


def keep(person: Person, key: str = "k", *, body: Any = "done", status: int = 201) -> StoredAnswer:
    return once(user_id=person.id, key=key, asked={"x": 1}, work=lambda: StoredAnswer(status, body))


# -- of a person


@pytest.mark.django_db
def test_a_person_gets_their_own_kept_answers_and_they_are_forgotten_with_them():
    keep(ADA, "ключ", body={"title": "Middlemarch"})
    keep(EVE)
    ((given,),) = kept_answers.exported(ADA).values()
    assert (given["key"], given["status"]) == ("ключ", 201)
    assert "Middlemarch" in str(given["body"])
    kept_answers.erase(ADA)
    assert list(KeptAnswer.objects.values_list("user_id", flat=True)) == [EVE.id]


# -- a day


def backdate(**ago: float) -> None:
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(**ago))


@pytest.mark.django_db
@pytest.mark.parametrize(("hours", "left"), [(23.99, 1), (24.01, 0)])
def test_an_answer_is_forgotten_after_a_day_and_not_before(hours, left):
    keep(ADA)
    backdate(hours=hours)
    assert sweep() == 1 - left
    assert KeptAnswer.objects.count() == left


@pytest.mark.django_db
@pytest.mark.parametrize("number", [0, 2, 3, 4, 7])
def test_however_many_there_are_all_are_swept(number, monkeypatch):
    monkeypatch.setattr(idempotency, "SWEPT_AT_ONCE", 3)
    for place in range(number):
        keep(ADA, str(place))
    backdate(days=2)
    keep(EVE)
    sweep_kept_answers()
    assert list(KeptAnswer.objects.values_list("user_id", flat=True)) == [EVE.id]


@pytest.mark.django_db
def test_what_was_answered_is_given_back_as_it_was_whatever_it_is():
    bodies: list[Any] = [None, [], "", 0, {"z": 1, "a": {"ü": [None, 1.5]}}, "כן"]
    for body in bodies:
        key = str(uuid4())
        first, again = keep(ADA, key, body=body, status=200), keep(ADA, key, body="another", status=500)
        assert (first.is_replayed, again.is_replayed) == (False, True)
        assert (again.status, again.body) == (200, body)
        if isinstance(body, dict):
            assert list(again.body) == list(body)  # in their order


# -- forms


def form(user: Any, **fields: Any) -> Any:
    request = RequestFactory().post("/do/", fields)
    request.user = user
    return request


SOMEBODY = SimpleNamespace(pk=ADA.id, is_authenticated=True)
NOBODY = SimpleNamespace(pk=None, is_authenticated=False)


@pytest.mark.django_db
def test_a_form_of_somebody_unknown_is_done_each_time():
    for _ in range(2):
        assert form_once(form(NOBODY, once="k"), lambda: "done") == StoredAnswer(200, "done")
    assert not KeptAnswer.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["k" * 201, "two\nlines", "\x00", "a\u202eb", "\u200b"])
def test_a_key_that_was_tampered_with_is_refused_before_anything_is_done(key):
    with pytest.raises(InvalidInput) as refusal:
        form_once(form(SOMEBODY, once=key), lambda: pytest.fail("done"))
    assert refusal.value.fields == {"Idempotency-Key": ["1 to 200 printable characters."]}
