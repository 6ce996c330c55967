"""Why, in sentences: from literals, for staff with the rows, for readers without."""

import inspect
import json
import re
from datetime import UTC, date, datetime, time

import pytest

from circulation import errors, rules
from circulation.explain import sentences as explaining
from circulation.rules import CheckOutState, CopyState, Decision, LibrarySettings, PatronState, due_date
from circulation.rules.matrix import DEFAULTS, RuleRow
from circulation.rules.opening_hours import Calendar, Hours, SpecialDays, TermDays
from library.core.errors import Level, Reason

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
EVERYONE = RuleRow(id=1, label="any branch · any tier · any item type", loan_period=14, max_loans=3, renewals_allowed=2)
OF_DVDS = RuleRow(id=2, label="Central · any tier · DVD", branch=1, item_type=9, loan_period=7, max_loans=-1)


def explained(*rows, copy=None, patron=None, by_hand=None, **values):
    state = CheckOutState(
        barcode="C-1",
        card="L-1",
        copy=CopyState("C-1", 1, item_type=9, **(copy or {})),
        patron=PatronState("L-1", 5, **(patron or {})),
        rules=rows or (EVERYONE,),
        **values,
    )
    return explaining.kept(rules.decide_check_out(state, at=MONDAY), by_hand=by_hand)


def test_each_value_is_told_with_the_row_that_it_came_from():
    lines = {line.parameter: str(line) for line in explaining.value_lines(explained(EVERYONE, OF_DVDS))}
    assert list(lines) == list(DEFAULTS)
    assert lines["loan_period"] == "Loan period: 7 days (row “Central · any tier · DVD”)"
    assert lines["max_loans"] == "Loans at a time: without limit (row “Central · any tier · DVD”)"
    assert lines["renewals_allowed"] == "Renewals: 2 (row “any branch · any tier · any item type”)"
    assert lines["due_mode"] == "Due date and calendar: on the next open day (no row sets it)"


def test_explanation_survives_its_keeping_as_json():
    kept = explained(RuleRow(id=3, label="x", loan_period=4, loan_unit="hours", hard_due_date=date(2026, 7, 1)))
    assert explaining.staff_lines(json.loads(json.dumps(kept))) == explaining.staff_lines(kept)
    assert kept["values"]["hard_due_date"] == {"value": "2026-07-01", "row": 3, "label": "x"}
    assert kept["values"]["due_mode"] == {"value": "next_open", "row": None, "label": ""}


@pytest.mark.parametrize(
    ("parameter", "value", "words"),
    [
        ("loan_period", None, "none: not lent"),
        ("loan_period", 1, "1 day"),
        ("max_loans", None, "without limit"),
        ("max_loans", -1, "without limit"),
        ("max_loans", 0, "none"),
        ("renewals_allowed", 3, "3"),
        ("renewal_period", None, "the loan period"),
        ("renewal_period", 0, "0 days"),
        ("no_renewal_before", None, "at any time"),
        ("no_renewal_before", 0, "on the day on which it is due"),
        ("no_renewal_before", 3, "3 days before it is due"),
        ("no_auto_renewal_after", None, "never"),
        ("no_auto_renewal_after", 30, "30 days after lending"),
        ("auto_renew", True, "yes"),
        ("self_check_out", False, "no"),
        ("hard_due_date", "2026-07-01", "Wednesday 1 July 2026"),
        ("hard_due_date", None, "none"),
        ("hourly_at_closing", "cut", "ends at closing time"),
        ("holds_allowed", None, "without limit"),
        ("holds_per_book", -1, "without limit"),
        ("holds_per_day", 0, "none"),
        ("hold_pickup_days", 7, "7 days"),
        ("on_shelf_holds", "any_unavailable", "when a copy is away"),
        ("copy_level_holds", "force", "always one copy"),
    ],
)
def test_value_in_words(parameter, value, words):
    assert explaining.in_words(parameter, value) == words


def test_hours_are_called_hours():
    assert explaining.in_words("loan_period", 4, unit="hours") == "4 hours"
    line = explaining.value_lines(explained(RuleRow(loan_period=1, loan_unit="hours")))[0]
    assert line.value == "1 hour"


# Moments are shown by the clock of the library, one hour ahead of UTC.
WEEKDAYS = {day: (Hours(time(9), time(18)),) for day in range(5)}
WAYS = [
    ("a plain period", explained(), ["14 days: until Monday 16 March 2026."]),
    (
        "a weekday that is closed",
        explained(calendar=Calendar(weekly={1: (Hours(time(9), time(18)),)})),
        [
            "14 days: until Monday 16 March 2026.",
            "The library is closed on Monday 16 March 2026, so it moves on to Tuesday 17 March 2026.",
        ],
    ),
    (
        "a holiday",
        explained(calendar=Calendar(exceptions=[SpecialDays("Founders’ Day", date(2026, 3, 16), date(2026, 3, 16))])),
        [
            "14 days: until Monday 16 March 2026.",
            "The library is closed on Monday 16 March 2026 (Founders’ Day), so it moves on to Tuesday 17 March 2026.",
        ],
    ),
    (
        "open days alone",
        explained(RuleRow(loan_period=5, due_mode="open_days"), calendar=Calendar(weekly=WEEKDAYS)),
        ["5 days: until Monday 9 March 2026.", "Only open days count; 2 closed days are left out."],
    ),
    (
        "a card that ends on a closed day",
        explained(patron={"expires_on": date(2026, 3, 8)}, calendar=Calendar(weekly=WEEKDAYS)),
        [
            "14 days: until Monday 16 March 2026.",
            "The card is valid until Sunday 8 March 2026, and no loan lasts longer.",
            "The library is closed on Sunday 8 March 2026, so it moves back to Friday 6 March 2026.",
        ],
    ),
    (
        "an hourly loan cut at closing",
        explained(
            RuleRow(loan_period=10, loan_unit="hours", hourly_at_closing="cut"), calendar=Calendar(weekly=WEEKDAYS)
        ),
        ["10 hours: until Monday 2 March 2026, 21:00.", "The library closes before that: Monday 2 March 2026, 19:00."],
    ),
    (
        "an hourly loan extended",
        explained(
            RuleRow(loan_period=10, loan_unit="hours", hourly_at_closing="extend"), calendar=Calendar(weekly=WEEKDAYS)
        ),
        [
            "10 hours: until Monday 2 March 2026, 21:00.",
            "The library is closed then, so until it opens again: Tuesday 3 March 2026, 10:00.",
        ],
    ),
    (
        "the end of term",
        explained(
            RuleRow(loan_period=14, due_by_term_end=True),
            calendar=Calendar(terms=[TermDays("Winter", date(2026, 1, 1), date(2026, 3, 10))]),
        ),
        [
            "14 days: until Monday 16 March 2026.",
            "The term “Winter” ends on Tuesday 10 March 2026, and the loan with it.",
        ],
    ),
    (
        "at the latest",
        explained(RuleRow(loan_period=14, hard_due_date=date(2026, 3, 5))),
        ["14 days: until Monday 16 March 2026.", "It has to be back by Thursday 5 March 2026 at the latest."],
    ),
    (
        "exactly",
        explained(RuleRow(loan_period=14, hard_due_date=date(2026, 3, 5), hard_due_mode="exactly")),
        ["14 days: until Monday 16 March 2026.", "All such loans are due on Thursday 5 March 2026."],
    ),
    (
        "at the earliest",
        explained(RuleRow(loan_period=1, hard_due_date=date(2026, 3, 5), hard_due_mode="after")),
        ["1 day: until Tuesday 3 March 2026.", "No such loan is due before Thursday 5 March 2026."],
    ),
    (
        "a date that is over",
        explained(RuleRow(loan_period=1, hard_due_date=date(2026, 3, 1))),
        ["1 day: until Tuesday 3 March 2026.", "The fixed due date Sunday 1 March 2026 is over and does not count."],
    ),
    (
        "a popular book",
        explained(copy={"queued_on_book": 4}, library=LibrarySettings(high_demand_holds=3, high_demand_days=7)),
        [
            "14 days: until Monday 16 March 2026.",
            "Many wait for this book, so it is lent for 7 days only, to Monday 9 March 2026.",
        ],
    ),
    (
        "by hand",
        explained(by_hand=datetime(2026, 4, 1, 23, 59, 59, 999999, tzinfo=UTC)),
        ["14 days: until Monday 16 March 2026.", "Staff set the due date to Thursday 2 April 2026, 01:59 by hand."],
    ),
    (
        "a closure that came later",
        {"steps": [{"code": "closure", "values": {"from": "2026-03-16", "to": "2026-03-17", "exception": "Flood"}}]},
        ["A closure that was added later (Flood) moved it from Monday 16 March 2026 to Tuesday 17 March 2026."],
    ),
    ("what is not known is not told", {"steps": [{"code": "by_magic", "values": {}}]}, []),
]


def test_every_step_on_the_way_to_a_due_date_has_a_sentence():
    calls = inspect.getsource(due_date)
    codes = set(re.findall(r'\.then\(\s*"(\w+)"', calls) + re.findall(r'_capped\([^"]*"(\w+)"', calls))
    assert codes >= {"period", "moved_on", "moved_back", "popular", "term_end", "card_expires"}
    assert codes - set(explaining.SENTENCES) == set()


@pytest.mark.parametrize(("explanation", "sentences"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
def test_way_to_the_due_date_is_told_step_by_step(explanation, sentences):
    assert explaining.step_lines(explanation) == sentences


def test_staff_read_values_and_steps_and_the_reader_what_concerns_them():
    explanation = explained(
        RuleRow(id=4, label="secret row", loan_period=14, renewals_allowed=2, no_renewal_before=3, auto_renew=True)
    )
    assert len(explaining.staff_lines(explanation)) == len(DEFAULTS) + 1
    assert explaining.reader_lines(explanation) == [
        "14 days: until Monday 16 March 2026.",
        "It can be renewed 2 times, for 14 days each.",
        "Renewal opens 3 days before it is due.",
        "The library renews it for you where it can.",
    ]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (RuleRow(loan_period=14), "It cannot be renewed."),
        (RuleRow(loan_period=14, renewals_allowed=1, renewal_period=7), "It can be renewed once, for 7 days."),
        (
            RuleRow(loan_period=4, loan_unit="hours", renewals_allowed=-1),
            "It can be renewed as often as you like, for 4 hours each time.",
        ),
    ],
)
def test_reader_learns_how_often_it_can_be_renewed(row, sentence):
    assert explaining.reader_lines(explained(row))[-1] == sentence


@pytest.mark.parametrize(
    ("allowed", "renewed", "sentence"),
    [
        (1, 1, "It was renewed as often as it can be."),
        (2, 1, "It can be renewed once more, for 14 days."),
        (3, 1, "It can be renewed 2 more times, for 14 days each."),
        (2, 3, "It was renewed as often as it can be."),  # staff may set the limit aside
        (-1, 7, "It can be renewed as often as you like, for 14 days each time."),
    ],
)
def test_reader_learns_how_many_renewals_are_left(allowed, renewed, sentence):
    kept = explained(RuleRow(loan_period=14, renewals_allowed=allowed))
    assert explaining.reader_lines(kept, renewed=renewed)[-1] == sentence


def test_loan_of_before_there_were_explanations_has_nothing_to_tell():
    assert explaining.staff_lines({}) == explaining.reader_lines({}) == []


def test_unknown_barcode_is_explained_by_its_reason_alone():
    assert explaining.kept(Decision()) == {"values": {}, "steps": []}


def test_reader_reads_reasons_in_the_second_person():
    reason = errors.LoanLimitReached.reason(loans=3, limit=3)
    assert explaining.reader_sentence(reason) == "You have 3 of 3 such loans already."
    assert explaining.reader_sentence(errors.CopyNotForLoan.reason(barcode="C-1")) == (
        "Copy C-1 is for use in the library only."
    )
    kept = Reason("loan_limit_reached", Level.OVERRIDABLE, "This reader has 3 of 3 loans already.")
    assert explaining.reader_sentence(kept) == kept.detail


@pytest.mark.parametrize("refusal", errors.by_code().values(), ids=lambda refusal: refusal.code)
def test_sentences_for_staff_and_reader_are_filled_by_the_same_values(refusal):
    from string import Formatter

    def names(sentence):
        return {name for _, name, _, _ in Formatter().parse(str(sentence)) if name}

    assert names(refusal.for_reader) <= names(refusal.message)
