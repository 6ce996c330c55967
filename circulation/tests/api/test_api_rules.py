"""The rule matrix over HTTP."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, Tier
from accounts.tests.factories import make_user
from catalog.models import ItemType
from catalog.tests.factories import make_branch
from circulation.models import LoanRule
from circulation.rules.matrix import DEFAULTS
from library.activity.models import Activity

pytestmark = pytest.mark.django_db
RULES = "/api/v1/loan-rules/"


@pytest.fixture
def admin(api):
    return api(make_user(Role.ADMINISTRATOR))


@pytest.fixture
def everyone():
    return LoanRule.objects.get()


@pytest.fixture
def dvd():
    return ItemType.objects.create(code="dvd", name="DVD")


def address(rule):
    return f"{RULES}{rule.pk}/"


def test_staff_see_the_shipped_row_for_everyone(api, librarian, everyone):
    (row,) = api(librarian).get(RULES).json()["results"]
    assert row == dict.fromkeys(DEFAULTS) | {
        "id": everyone.pk,
        "branch": None,
        "tier": None,
        "item_type": None,
        "branch_code": None,
        "tier_id": None,
        "item_type_id": None,
        "in_words": "any branch · any tier · any item type",
        "loan_period": 14,
        "max_loans": 3,
        "renewals_allowed": 2,
    }
    assert api(librarian).get(address(everyone)).json() == row


def test_administrator_adds_a_row_by_codes_or_ids(admin, dvd):
    branch, tier = make_branch(code="north", name="North"), Tier.objects.all()[0]
    body = {
        "branch": "north",
        "tier": tier.code,
        "item_type": "dvd",
        "loan_period": 4,
        "loan_unit": "hours",
        "max_loans": -1,
        "auto_renew": False,
        "hard_due_date": "2026-06-30",
    }
    answer = admin.post(RULES, body, format="json")
    assert answer.status_code == 201
    told = answer.json()
    assert (told["branch"], told["tier"], told["item_type"]) == (branch.pk, tier.code, "dvd")
    assert told["in_words"] == f"North · {tier.name} · DVD"
    rule = LoanRule.objects.get(pk=told["id"])
    assert (rule.loan_period, rule.loan_unit, rule.max_loans, rule.auto_renew) == (4, "hours", -1, False)
    assert Activity.objects.get(verb="rule.added").object_id == str(rule.pk)
    again = admin.post(RULES, {"branch": branch.pk, "tier": str(tier.pk), "item_type": "dvd"}, format="json")
    assert again.status_code == 400
    assert again.json()["fields"] == {
        "non_field_errors": ["There is a row for this branch, tier and item type already."]
    }


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"loan_period": 0}, "loan_period"),
        ({"loan_period": "two"}, "loan_period"),
        ({"max_loans": -2}, "max_loans"),
        ({"renewals_allowed": 40_000}, "renewals_allowed"),
        ({"renewal_period": -1}, "renewal_period"),
        ({"due_mode": "never"}, "due_mode"),
        ({"due_mode": ""}, "due_mode"),
        ({"loan_unit": "weeks"}, "loan_unit"),
        ({"hard_due_date": "soon"}, "hard_due_date"),
        ({"hard_due_date": "9999-12-31"}, "hard_due_date"),
        ({"loan_period": 3_651}, "loan_period"),
        ({"auto_renew": "perhaps"}, "auto_renew"),
        ({"branch": "nowhere"}, "branch"),
        ({"tier": "a\0b"}, "tier"),
        ({"item_type": "99999999999"}, "item_type"),
        ({"branch": True}, "branch"),
        ({"tier": {}}, "tier"),
    ],
)
def test_value_that_cannot_be_is_refused_with_its_field(admin, wrong, field):
    answer = admin.post(RULES, wrong, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    assert LoanRule.objects.count() == 1


def test_administrator_changes_only_what_is_sent(admin, everyone):
    answer = admin.patch(address(everyone), {"max_loans": None, "no_renewal_before": 0}, format="json")
    assert answer.status_code == 200
    everyone.refresh_from_db()
    assert (everyone.loan_period, everyone.max_loans, everyone.no_renewal_before) == (14, None, 0)
    told = Activity.objects.get(verb="rule.changed").data
    assert told == {
        "scope": "any branch · any tier · any item type",
        "max_loans.old": 3,
        "max_loans.new": None,
        "no_renewal_before.old": None,
        "no_renewal_before.new": 0,
    }


def test_scope_of_a_row_stands(admin, everyone, dvd):
    admin.patch(address(everyone), {"item_type": "dvd", "loan_period": 7}, format="json")
    everyone.refresh_from_db()
    assert (everyone.item_type, everyone.loan_period) == (None, 7)


def test_change_to_what_it_is_already_writes_nothing(admin, everyone):
    assert admin.patch(address(everyone), {"loan_period": 14}, format="json").status_code == 200
    assert not Activity.objects.filter(verb="rule.changed").exists()


def test_administrator_removes_a_row(admin, everyone):
    assert admin.delete(address(everyone)).status_code == 204
    assert not LoanRule.objects.exists()
    assert Activity.objects.get(verb="rule.removed").data["loan_period.old"] == 14
    assert admin.delete(address(everyone)).status_code == 404
    assert admin.patch(address(everyone), {}, format="json").status_code == 404


def test_explain_tells_each_value_and_the_row_it_came_from(api, librarian, everyone, dvd):
    branch, tier = make_branch(code="north", name="North"), Tier.objects.all()[0]
    of_dvds = LoanRule.objects.create(item_type=dvd, loan_period=3)
    asked = {"branch": "north", "tier": tier.code, "item_type": "dvd"}
    values = {row["parameter"]: row for row in api(librarian).get(f"{RULES}explain/", asked).json()}
    assert list(values) == list(DEFAULTS)
    assert values["loan_period"] == {
        "parameter": "loan_period",
        "value": 3,
        "in_words": "3 days",
        "row": of_dvds.pk,
        "source": "row “any branch · any tier · DVD”",
    }
    assert (values["max_loans"]["value"], values["max_loans"]["row"]) == (3, everyone.pk)
    assert (values["due_mode"]["value"], values["due_mode"]["row"]) == ("next_open", None)
    ordinary = api(librarian).get(f"{RULES}explain/", {"branch": branch.pk, "tier": tier.code}).json()
    assert ordinary[0]["value"] == 14


@pytest.mark.parametrize("asked", [{}, {"branch": "nowhere", "tier": "reader"}, {"branch": "\0", "tier": "reader"}])
def test_explain_for_what_is_not_there_is_refused(api, librarian, asked):
    answer = api(librarian).get(f"{RULES}explain/", asked)
    assert answer.status_code == 400
    assert "branch" in answer.json()["fields"]


def test_librarian_changes_nothing_and_readers_and_strangers_see_nothing(api, librarian, everyone):
    for method in ("post", "patch", "delete"):
        where = RULES if method == "post" else address(everyone)
        assert getattr(api(librarian), method)(where, {"loan_period": 1}, format="json").status_code == 403
    for where in (RULES, address(everyone), f"{RULES}explain/"):
        assert api(make_user()).get(where).status_code == 403
        assert api().get(where).status_code == 401
    everyone.refresh_from_db()
    assert everyone.loan_period == 14


def test_list_takes_as_many_queries_for_many_rows_as_for_two(api, librarian, dvd):
    def count():
        with CaptureQueriesContext(connection) as captured:
            assert api(librarian).get(RULES).status_code == 200
        return len(captured)

    LoanRule.objects.create(item_type=dvd, tier=Tier.objects.all()[0], branch=make_branch())
    count()
    for_two = count()
    for _ in range(15):
        LoanRule.objects.create(item_type=dvd, tier=Tier.objects.all()[0], branch=make_branch())
    assert count() == for_two
