"""Each app says what it holds of a person; what none of them looks after is found."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from accounts.tests.factories import make_user
from library.core.models import KeptAnswer
from library.core.privacy import coverage, registry
from library.core.privacy.registry import Person, StillNeeded

SOMEBODY = Person(uuid4(), "ada@example.org")


@pytest.fixture
def holders(monkeypatch):
    """The registry with nobody in it; apps register by the labels of real ones, for their order counts."""
    kept: dict[str, registry.Holder] = {}
    monkeypatch.setattr(registry, "_holders", kept)
    return kept


def test_no_column_that_names_a_person_is_without_an_app_that_looks_after_it():
    assert coverage.missing() == []


def test_no_column_is_registered_that_there_is_not():
    assert coverage.needless() == []


def test_every_app_with_tables_says_what_it_holds():
    assert coverage.silent() == []


@pytest.mark.parametrize(
    ("app", "found"),
    [
        ("circulation", {"circulation.Loan.patron", "circulation.Hold.confirmed_by", "circulation.Override.by"}),
        ("accounts", {"accounts.Patron.user", "accounts.OneTimeCode.email", "admin.LogEntry.user"}),
        ("activity", {"activity.Activity.actor", "activity.Activity.subject"}),
        ("notices", {"notices.Notice.user", "notices.Notice.to"}),
        ("core", {"core.KeptAnswer.user_id"}),
        ("aistudy", {"aistudy.Artifact.owner"}),
        ("catalog", {"catalog.BookFile.added_by", "catalog.Cover.added_by"}),
        ("jobs", {"jobs.Job.requested_by"}),
    ],
)
def test_what_an_app_forgot_to_register_is_found(app, found, monkeypatch):
    monkeypatch.delitem(registry._holders, app)
    assert found <= set(coverage.missing())
    assert app in coverage.silent()


def test_who_has_a_user_as_key_is_a_person_too():
    from accounts.models import BrowserSession, Patron, Tier, User

    assert [coverage.is_person(model) for model in (User, Patron, Tier, BrowserSession)] == [True, True, False, False]


def test_an_app_that_names_columns_gives_them_out_and_forgets_them(holders):
    with pytest.raises(ValueError, match="jobs names columns"):
        registry.register("jobs", fields=["jobs.Job.requested_by"], exports=lambda person: {})
    registry.register("jobs")
    with pytest.raises(ValueError, match="jobs has said already"):
        registry.register("jobs")
    assert list(holders) == ["jobs"]


def test_export_is_plain_and_by_app(holders):
    registry.register("jobs", exports=lambda person: {"ids": [person.id], "address": person.email})
    registry.register("rag")
    assert registry.export(SOMEBODY) == {"jobs": {"ids": [str(SOMEBODY.id)], "address": "ada@example.org"}}


def test_blockers_are_those_of_all_apps_but_whom_nobody_asks(holders):
    registry.register("circulation", blocks=lambda person: ["Two books."])
    registry.register("accounts", blocks=lambda person: ["A debt."])
    assert registry.blockers(SOMEBODY) == ["A debt.", "Two books."]
    assert registry.blockers(SOMEBODY, besides=["accounts"]) == ["Two books."]


@pytest.mark.django_db
def test_the_highest_app_forgets_first(holders):
    forgotten: list[str] = []

    def forgets(app: str) -> Callable[[Person], None]:
        return lambda person: forgotten.append(app)

    for app in ("accounts", "circulation", "jobs"):
        registry.register(app, erases=forgets(app))
    registry.erase(SOMEBODY)
    assert forgotten == ["circulation", "accounts", "jobs"]


@pytest.mark.django_db
def test_nobody_is_forgotten_while_something_is_open(holders):
    forgotten: list[Person] = []
    registry.register("jobs", erases=forgotten.append)
    registry.register("circulation", blocks=lambda person: ["Two books.", "A request."])
    with pytest.raises(StillNeeded) as refusal:
        registry.erase(SOMEBODY)
    assert refusal.value.sentences == ["Two books.", "A request."]
    assert refusal.value.as_dict()["code"] == "person_still_needed"
    assert forgotten == []


@pytest.mark.django_db
def test_a_fault_in_one_app_leaves_all_as_it_was(holders):
    user = make_user()
    KeptAnswer.objects.create(user_id=user.pk, key="k", request_hash="h")

    def breaks(person: Person) -> None:
        raise ZeroDivisionError

    registry.register("core", erases=breaks)
    registry.register("jobs", erases=lambda person: KeptAnswer.objects.filter(user_id=person.id).delete() and None)
    with pytest.raises(ZeroDivisionError):
        registry.erase(Person(user.pk))
    assert KeptAnswer.objects.filter(user_id=user.pk).exists()
