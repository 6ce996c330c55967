"""The rule matrix in the admin: one table, edited in place; and what would hold for whom."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, Tier
from accounts.tests.factories import make_librarian, make_user
from catalog.models import ItemType
from catalog.tests.factories import make_branch
from circulation import errors, queries, services
from circulation.admin.matrix_forms import ROWS_A_PAGE
from circulation.models import LendingSettings, LoanRule
from circulation.rules.matrix import DEFAULTS
from library.activity.models import Activity
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
MATRIX = reverse("admin:circulation_loanrule_changelist")
SETTINGS = reverse("admin:circulation_lendingsettings_change", args=[1])


@pytest.fixture
def admin(client):
    client.force_login(make_user(Role.ADMINISTRATOR))
    return client


@pytest.fixture
def everyone():
    return LoanRule.objects.get()


@pytest.fixture
def dvd():
    return ItemType.objects.create(code="dvd", name="DVD")


def sent(page, **changes):
    """What the form would send as it stands, but for ``changes``: names with __ for -."""
    form = page.context["matrix"]
    fields = [field for line in form.lines for field in line.form] + list(form.new)
    values = {field.html_name: field.value() for field in fields}
    body = {name: value for name, value in values.items() if value not in (None, "") and value is not False}
    body |= {field.html_name: "" for field in fields if field.html_name not in body and field.name != "remove"}
    return body | {"seen": page.context["seen"]} | {name.replace("__", "-"): value for name, value in changes.items()}


def save(client, **changes):
    return client.post(MATRIX, sent(client.get(MATRIX), **changes))


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_matrix_is_saved_as_it_was_shown_without_a_change(admin, everyone, dvd):
    LoanRule.objects.create(
        item_type=dvd,
        max_loans=-1,
        auto_renew=False,
        self_check_out=True,
        due_mode="ignore",
        hard_due_date=date(2026, 6, 30),
        no_renewal_before=0,
    )
    before = list(LoanRule.objects.values())
    assert save(admin).status_code == 302
    assert list(LoanRule.objects.values()) == before
    assert not Activity.objects.filter(verb__startswith="rule.").exists()


def test_cells_of_many_rows_are_changed_at_once_and_written_down(admin, everyone, dvd):
    of_dvds = LoanRule.objects.create(item_type=dvd, loan_period=7)
    response = save(
        admin,
        **{
            f"row-{everyone.pk}__loan_period": "21",
            f"row-{everyone.pk}__max_loans": "∞",
            f"row-{everyone.pk}__renewals_allowed": "0",
            f"row-{of_dvds.pk}__loan_period": "",
            f"row-{of_dvds.pk}__auto_renew": "no",
            f"row-{of_dvds.pk}__hard_due_date": "2026-06-30",
        },
    )
    assert response.status_code == 302
    everyone.refresh_from_db()
    of_dvds.refresh_from_db()
    assert (everyone.loan_period, everyone.max_loans, everyone.renewals_allowed) == (21, -1, 0)
    assert (of_dvds.loan_period, of_dvds.auto_renew, of_dvds.hard_due_date) == (None, False, date(2026, 6, 30))
    told = Activity.objects.get(verb="rule.changed", object_id=str(everyone.pk)).data
    assert (told["loan_period.old"], told["loan_period.new"]) == (14, 21)
    assert "due_mode.old" not in told


def test_row_is_added_with_its_scope(admin, everyone, dvd):
    tier = Tier.objects.all()[0]
    save(admin, new__tier=tier.pk, new__item_type=dvd.pk, new__loan_period="3", new__loan_unit="hours")
    added = LoanRule.objects.get(tier=tier, item_type=dvd, branch=None)
    assert (added.loan_period, added.loan_unit, added.max_loans) == (3, "hours", None)
    assert Activity.objects.get(verb="rule.added").data["loan_period.new"] == 3


def test_row_is_removed_whatever_its_cells_say(admin, everyone, dvd):
    of_dvds = LoanRule.objects.create(item_type=dvd, loan_period=7)
    save(admin, **{f"row-{of_dvds.pk}__remove": "on", f"row-{of_dvds.pk}__loan_period": "seven"})
    assert list(LoanRule.objects.all()) == [everyone]
    assert Activity.objects.get(verb="rule.removed").data["scope.old"] == "any branch · any tier · DVD"


@pytest.mark.parametrize(
    ("parameter", "typed", "sentence"),
    [
        ("loan_period", "0", "A whole number, at least 1."),
        ("loan_period", "two weeks", "A whole number, at least 1."),
        ("loan_period", "3651", "At most 3,650."),
        ("max_loans", "99999", "At most 32,767."),
        ("hard_due_date", "9999-12-31", "Choose a date from 1900 to 2999."),
        ("max_loans", "-2", "A whole number, or ∞ for no limit."),
        ("renewals_allowed", "many", "A whole number, or ∞ for no limit."),
        ("renewal_period", "-1", "A whole number, at least 0."),
        ("hard_due_date", "30.6.", "A date, such as 2026-06-30."),
        ("due_mode", "never", "Select a valid choice. never is not one of the available choices."),
        ("auto_renew", "perhaps", "Select a valid choice. perhaps is not one of the available choices."),
    ],
)
def test_error_stands_beside_its_cell_and_nothing_is_saved(admin, everyone, parameter, typed, sentence):
    response = save(admin, **{f"row-{everyone.pk}__{parameter}": typed, f"row-{everyone.pk}__no_renewal_before": "3"})
    assert response.status_code == 422
    (line,) = response.context["matrix"].lines
    assert line.form.errors == {parameter: [sentence]}
    assert response.context["matrix"].new.errors == {}
    page = response.content.decode()
    assert f'href="#id_row-{everyone.pk}-{parameter}"' in page
    assert f'aria-describedby="id_row-{everyone.pk}-{parameter}_error"' in page
    everyone.refresh_from_db()
    assert everyone.no_renewal_before is None


def test_scope_is_there_once(admin, everyone, dvd):
    LoanRule.objects.create(item_type=dvd)
    response = save(admin, new__item_type=dvd.pk, new__loan_period="3")
    assert response.status_code == 422
    assert "There is a row for this branch, tier and item type already." in text(response)
    assert LoanRule.objects.count() == 2


def test_new_row_for_everyone_is_the_old_one(admin, everyone):
    assert save(admin, new__loan_period="3").status_code == 422
    assert LoanRule.objects.count() == 1


def test_nobody_saves_over_what_another_changed_meanwhile(admin, everyone):
    body = sent(admin.get(MATRIX), **{f"row-{everyone.pk}__loan_period": "21"})
    LoanRule.objects.filter(pk=everyone.pk).update(max_loans=9)
    response = admin.post(MATRIX, body, follow=True)
    assert "Somebody else has changed the rules meanwhile" in text(response)
    everyone.refresh_from_db()
    assert (everyone.loan_period, everyone.max_loans) == (14, 9)


def test_row_that_another_removed_meanwhile_is_no_accident(admin, everyone, dvd):
    of_dvds = LoanRule.objects.create(item_type=dvd, loan_period=7)
    body = sent(admin.get(MATRIX), **{f"row-{of_dvds.pk}__loan_period": "8", f"row-{of_dvds.pk}__remove": "on"})
    of_dvds.delete()
    assert "Somebody else" in text(admin.post(MATRIX, body, follow=True))


def test_row_of_the_same_scope_that_came_in_the_same_moment_is_no_accident(everyone):
    same = LoanRule(loan_period=3)
    with pytest.raises(errors.RulesChangedMeanwhile):
        services.save_matrix(
            changed=[],
            added=same,
            removed=[],
            by=make_librarian(),
            seen=services.matrix_version(LoanRule.objects.all()),
        )
    assert LoanRule.objects.get() == everyone


def test_empty_cell_shows_what_it_inherits_and_from_which_row(admin, everyone, dvd):
    of_dvds = LoanRule.objects.create(item_type=dvd, max_loans=1)
    _, line = admin.get(MATRIX).context["matrix"].lines
    assert line.row == of_dvds
    cells = {cell.parameter: cell for cell in line.cells}
    assert list(cells) == list(DEFAULTS)
    assert (cells["loan_period"].inherited, cells["loan_period"].source, cells["loan_period"].source_number) == (
        "14 days",
        everyone,
        1,
    )
    assert cells["max_loans"].is_set
    assert (cells["due_mode"].inherited, cells["due_mode"].source) == ("on the next open day", None)


def test_row_inherits_only_from_rows_that_hold_for_all_of_it(admin, everyone, dvd):
    central = make_branch(name="Central")
    LoanRule.objects.create(branch=central, item_type=dvd, loan_period=2)
    LoanRule.objects.create(branch=central, loan_period=5)
    LoanRule.objects.create(item_type=dvd, max_loans=1)
    inherited = {str(line.row): line.cells[0].inherited for line in admin.get(MATRIX).context["matrix"].lines}
    assert inherited["Central · any tier · DVD"] == "5 days"
    assert inherited["any branch · any tier · DVD"] == "14 days"


def test_explain_names_the_row_of_each_value(admin, everyone, dvd):
    central, tier = make_branch(name="Central"), Tier.objects.all()[0]
    of_dvds = LoanRule.objects.create(branch=central, item_type=dvd, loan_period=2)
    page = admin.get(MATRIX, {"branch": central.pk, "tier": tier.pk, "item_type": dvd.pk})
    lines = {line.parameter: line for line, _ in page.context["explained"]}
    assert (lines["loan_period"].value, lines["loan_period"].row) == ("2 days", of_dvds.pk)
    assert (lines["max_loans"].value, lines["max_loans"].row) == ("3", everyone.pk)
    assert (lines["due_mode"].source, lines["due_mode"].row) == ("no row sets it", None)
    ordinary = admin.get(MATRIX, {"branch": central.pk, "tier": tier.pk, "item_type": ""}).context["explained"]
    assert ordinary[0][0].value == "14 days"


@pytest.mark.parametrize("asked", [{"branch": "x", "tier": "y"}, {"tier": "0"}, {"branch": "1", "tier": "\0"}])
def test_explain_for_what_is_not_there_says_so(admin, asked):
    page = admin.get(MATRIX, asked)
    assert page.status_code == 200
    assert page.context["explained"] is None
    assert page.context["asked"].errors


def test_page_warns_where_no_row_for_everyone_gives_a_period(admin, everyone):
    warning = "what no other row speaks of cannot be lent"
    assert warning not in text(admin.get(MATRIX))
    everyone.delete()
    assert warning in text(admin.get(MATRIX))


def test_librarian_looks_at_the_matrix_and_asks_it_but_changes_nothing(client, everyone, dvd):
    LoanRule.objects.create(item_type=dvd, max_loans=-1)
    client.force_login(make_librarian())
    page = client.get(MATRIX, {"branch": make_branch().pk, "tier": Tier.objects.all()[0].pk})
    assert "14 days" in text(page)
    assert "without limit" in text(page)
    assert page.context["explained"]
    assert '<input type="text"' not in page.content.decode()
    assert client.post(MATRIX, {f"row-{everyone.pk}-loan_period": "1"}).status_code == 403
    everyone.refresh_from_db()
    assert everyone.loan_period == 14


def test_page_is_valid_and_every_cell_has_a_name(admin, everyone, dvd):
    LoanRule.objects.create(item_type=dvd, max_loans=-1)
    ours = {"branch": make_branch().pk, "tier": Tier.objects.all()[0].pk}
    for page in (admin.get(MATRIX, ours), save(admin, **{f"row-{everyone.pk}__max_loans": "x", "new__tier": "0"})):
        assert_valid(page.content)


def test_reader_does_not_see_the_matrix(client):
    client.force_login(make_user())
    assert client.get(MATRIX).status_code in {302, 403}
    assert client.post(MATRIX).status_code in {302, 403}


def test_matrix_takes_as_many_queries_for_a_full_page_as_for_two_rows(admin, everyone, dvd):
    def queries_of_page():
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(MATRIX).status_code == 200
        return len(captured)

    LoanRule.objects.create(item_type=dvd)
    for_two = queries_of_page()
    for _ in range(ROWS_A_PAGE + 5):
        LoanRule.objects.create(branch=make_branch(), item_type=dvd)
    assert queries_of_page() == for_two


def test_page_with_many_rows_is_saved_and_rows_of_other_pages_stay(admin, everyone, dvd):
    for number in range(ROWS_A_PAGE + 5):
        LoanRule.objects.create(branch=make_branch(), item_type=dvd, loan_period=number + 1)
    before = dict(LoanRule.objects.values_list("pk", "loan_period"))
    assert save(admin, **{f"row-{everyone.pk}__loan_period": "21"}).status_code == 302
    assert dict(LoanRule.objects.values_list("pk", "loan_period")) == before | {everyone.pk: 21}


def test_explain_and_inherited_values_lead_to_the_page_of_their_row(admin, everyone, dvd):
    tier = Tier.objects.all()[0]
    for number in range(ROWS_A_PAGE):
        LoanRule.objects.create(branch=make_branch(name=f"B{number:02}"), item_type=dvd, loan_period=3)
    last = LoanRule.objects.create(branch=make_branch(name="Z"), loan_period=5)
    page = admin.get(MATRIX, {"branch": last.branch_id, "tier": tier.pk})
    explained = {line.parameter: address for line, address in page.context["explained"]}
    assert explained["loan_period"] == f"?page=2#row-{last.pk}"
    assert explained["max_loans"] == f"#row-{everyone.pk}"
    assert f'href="?page=1#row-{everyone.pk}"' in admin.get(MATRIX, {"page": 2}).content.decode()


@pytest.mark.parametrize("name", ["add", "change", "delete"])
def test_ways_to_a_single_row_lead_to_the_matrix(admin, everyone, name):
    args = [] if name == "add" else [everyone.pk]
    response = admin.post(reverse(f"admin:circulation_loanrule_{name}", args=args), {"post": "yes"})
    assert response.status_code == 302
    assert response["Location"].startswith(MATRIX)
    assert LoanRule.objects.filter(pk=everyone.pk).exists()


# The settings of the whole library


def test_settings_are_there_once_and_hold_from_the_next_loan_on(admin):
    assert queries.lending_settings().overdue_policy == "block"
    assert admin.get(reverse("admin:circulation_lendingsettings_changelist"))["Location"] == SETTINGS
    admin.post(SETTINGS, {"overdue_policy": "confirm", "high_demand_holds": "3", "high_demand_days": "7"})
    known = queries.lending_settings()
    assert (known.overdue_policy, known.one_copy_per_book) == ("confirm", False)
    assert (known.high_demand_holds, known.high_demand_days) == (3, 7)
    assert LendingSettings.objects.count() == 1
    told = Activity.objects.get(verb="lending_settings.changed").data
    assert (told["overdue_policy.old"], told["overdue_policy.new"]) == ("block", "confirm")


def test_popular_needs_both_its_numbers(admin):
    response = admin.post(SETTINGS, {"overdue_policy": "block", "high_demand_holds": "3"})
    assert response.status_code == 200
    assert "Say both how many holds and how many days, or neither; at least 1 each." in text(response)


def test_settings_are_neither_added_nor_deleted(admin):
    assert admin.get(reverse("admin:circulation_lendingsettings_add")).status_code == 403
    assert admin.post(reverse("admin:circulation_lendingsettings_delete", args=[1])).status_code == 403
