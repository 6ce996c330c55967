"""Why: the values of the rules, the way to a due date and the reasons, in sentences for staff and for readers.

What is kept with a loan (``Loan.explanation``) is made by ``kept`` and read by all others, so that it can be told
later, in any language, and after the rules have changed:
``{"values": {parameter: {"value", "row", "label"}}, "steps": [{"code", "values"}]}``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from circulation import errors
from circulation.rules.decision import Decision
from circulation.rules.matrix import DEFAULTS, UNLIMITED
from library.core.errors import Reason

Explanation = Mapping[str, Any]


@dataclass(frozen=True)
class ExplanationLine:
    """One parameter in words: its name, its value, and the row it came from; no row: ``source`` says so."""

    parameter: str
    name: str
    value: str
    source: str
    row: int | None  # the row's id

    def __str__(self) -> str:
        return _("%(name)s: %(value)s (%(source)s)") % {
            "name": capfirst(self.name),
            "value": self.value,
            "source": self.source,
        }


def kept(decision: Decision, *, by_hand: datetime | None = None) -> dict[str, Any]:
    """The values with their rows and the way to the due date, as they are kept with a loan.

    ``by_hand``: the due date that staff set in place of the one that the rules gave.
    """
    steps = [{"code": step.code, "values": dict(step.values)} for step in (decision.due.steps if decision.due else ())]
    if by_hand is not None:
        steps.append({"code": "set_by_hand", "values": {"to": by_hand.isoformat()}})
    return {
        "values": {
            parameter: {
                "value": as_kept(setting.value),
                "row": setting.row.id if setting.row else None,
                "label": setting.row.label if setting.row else "",
            }
            for parameter, setting in decision.values or ()
        },
        "steps": steps,
    }


def as_kept(value: Any) -> Any:
    """A value of the matrix as JSON keeps it: dates and sums as text."""
    if isinstance(value, Decimal):
        return sum_in_words(value)
    return value.isoformat() if isinstance(value, date) else value


def sum_in_words(amount: Decimal) -> str:
    """A sum as the matrix has it, in the library's currency: two digits behind the point, or as many as it needs."""
    whole = amount == amount.to_integral_value()
    two = amount.quantize(Decimal("0.01"))
    return f"{amount.quantize(Decimal(1)):f}" if whole else f"{two:f}" if two == amount else f"{amount.normalize():f}"


def value_lines(explanation: Explanation) -> list[ExplanationLine]:
    """Every parameter that a row sets or that holds without one, in the order of the matrix, with its row."""
    values = explanation.get("values", {})
    return [
        ExplanationLine(
            parameter=parameter,
            name=str(NAMES[parameter]),
            value=in_words(parameter, values[parameter]["value"], unit=_unit(values)),
            source=_("row “%(label)s”") % values[parameter] if values[parameter]["label"] else _("no row sets it"),
            row=values[parameter]["row"],
        )
        for parameter in DEFAULTS
        if parameter in values
    ]


def step_lines(explanation: Explanation) -> list[str]:
    """How the due date came about, a sentence for each step."""
    said = (
        SENTENCES[step["code"]](step["values"]) for step in explanation.get("steps", ()) if step["code"] in SENTENCES
    )
    return [str(sentence) for sentence in said]


def staff_lines(explanation: Explanation) -> list[str]:
    """All that staff may want to know: each value with its row, then the way to the due date."""
    return [*(str(line) for line in value_lines(explanation)), *step_lines(explanation)]


def reader_lines(explanation: Explanation, *, renewed: int = 0) -> list[str]:
    """What a reader may want to know: how the due date came about and what they may still do, without rows.

    ``renewed``: how many renewals were used.
    """
    values = {parameter: kept["value"] for parameter, kept in explanation.get("values", {}).items()}
    return step_lines(explanation) + (_renewals(values, renewed) if values else [])


def reader_sentence(reason: Reason) -> str:
    """A reason in a reader's own words."""
    refusal = errors.of_code(reason.code)
    if not refusal.for_reader:
        return reason.detail
    try:
        return str(refusal.for_reader).format(**reason.values).strip()
    except KeyError:  # a reason that was kept without what filled its sentence
        return reason.detail


NAMES = {
    "loan_period": gettext_lazy("loan period"),
    "loan_unit": gettext_lazy("counted in"),
    "max_loans": gettext_lazy("loans at a time"),
    "renewals_allowed": gettext_lazy("renewals"),
    "renewal_period": gettext_lazy("renewal period"),
    "no_renewal_before": gettext_lazy("renewal opens"),
    "renew_from": gettext_lazy("renewed from"),
    "auto_renew": gettext_lazy("renewed automatically"),
    "no_auto_renewal_after": gettext_lazy("automatic renewal ends"),
    "due_mode": gettext_lazy("due date and calendar"),
    "hourly_at_closing": gettext_lazy("an hourly loan at closing time"),
    "hard_due_date": gettext_lazy("fixed due date"),
    "hard_due_mode": gettext_lazy("fixed due date holds"),
    "due_by_term_end": gettext_lazy("due by the end of term"),
    "self_check_out": gettext_lazy("readers may lend it to themselves"),
    "holds_allowed": gettext_lazy("holds at a time"),
    "holds_per_book": gettext_lazy("holds on one book"),
    "holds_per_day": gettext_lazy("holds a day"),
    "hold_pickup_days": gettext_lazy("open days on the hold shelf"),
    "on_shelf_holds": gettext_lazy("what stands on the shelf is held"),
    "copy_level_holds": gettext_lazy("holds on one copy alone"),
    "fine_amount": gettext_lazy("fine for each period"),
    "fine_period": gettext_lazy("fine period"),
    "fine_charge_at": gettext_lazy("a period costs"),
    "grace_period": gettext_lazy("grace period"),
    "grace_counts_once_exceeded": gettext_lazy("grace counts once it is exceeded"),
    "fine_cap": gettext_lazy("highest fine"),
    "cap_at_replacement_price": gettext_lazy("never more than the copy’s price"),
    "fine_skips_closed_days": gettext_lazy("closed days cost nothing"),
    "suspension_days": gettext_lazy("days of suspension for each period, in place of money"),
    "max_suspension_days": gettext_lazy("longest suspension"),
}

SUMS = {"fine_amount", "fine_cap"}

_CHOICES = {
    "days": gettext_lazy("days"),
    "hours": gettext_lazy("hours"),
    "ignore": gettext_lazy("whether open or not"),
    "next_open": gettext_lazy("on the next open day"),
    "open_days": gettext_lazy("only open days count"),
    "same_weekday": gettext_lazy("on the same day of the week"),
    "before": gettext_lazy("at the latest"),
    "exactly": gettext_lazy("exactly then"),
    "after": gettext_lazy("at the earliest"),
    "due_date": gettext_lazy("the old due date"),
    "today": gettext_lazy("today"),
    "cut": gettext_lazy("ends at closing time"),
    "extend": gettext_lazy("goes on until the library opens again"),
    "always": gettext_lazy("always"),
    "any_unavailable": gettext_lazy("when a copy is away"),
    "all_unavailable": gettext_lazy("when all copies are away"),
    "allow": gettext_lazy("allowed"),
    "no": gettext_lazy("not allowed"),
    "force": gettext_lazy("always one copy"),
    "start": gettext_lazy("as it begins"),
    "end": gettext_lazy("when it is over"),
}

_UNSET = {
    "loan_period": gettext_lazy("none: not lent"),
    "max_loans": gettext_lazy("without limit"),
    "holds_allowed": gettext_lazy("without limit"),
    "holds_per_day": gettext_lazy("without limit"),
    "renewal_period": gettext_lazy("the loan period"),
    "no_renewal_before": gettext_lazy("at any time"),
    "no_auto_renewal_after": gettext_lazy("never"),
    "hourly_at_closing": gettext_lazy("as the due date and calendar say"),
    "fine_cap": gettext_lazy("without limit"),
    "max_suspension_days": gettext_lazy("without limit"),
}


LIMITS = {"max_loans", "renewals_allowed", "holds_allowed", "holds_per_book", "holds_per_day"}


def in_words(parameter: str, value: Any, *, unit: str = "days") -> str:
    """A value of the matrix as a person says it; ``unit``: what its periods are counted in."""
    if value is None:
        return str(_UNSET.get(parameter, _("none")))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if parameter == "hard_due_date":
        return _day(value)
    if parameter in SUMS:
        return _("without limit") if value == str(UNLIMITED) else value if value != "0" else _("none")
    if isinstance(value, str):
        return str(_CHOICES.get(value, value))
    return _number(parameter, value, unit)


def _number(parameter: str, value: int, unit: str) -> str:
    if parameter in {"suspension_days", "max_suspension_days"}:
        return _("without limit") if value == UNLIMITED else _period(value, "days")
    if parameter in LIMITS:
        return _("without limit") if value == UNLIMITED else str(value) if value else _("none")
    if parameter == "no_renewal_before":
        before = ngettext("%(count)d day before it is due", "%(count)d days before it is due", value)
        return before % {"count": value} if value else _("on the day on which it is due")
    if parameter == "no_auto_renewal_after":
        return ngettext("%(count)d day after lending", "%(count)d days after lending", value) % {"count": value}
    return _period(value, "days" if parameter == "hold_pickup_days" else unit)


def _period(count: int, unit: str) -> str:
    if unit == "hours":
        return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}


def _unit(values: Mapping[str, Any]) -> str:
    return str(values.get("loan_unit", {}).get("value", "days"))


def _renewals(values: Mapping[str, Any], renewed: int) -> list[str]:
    allowed, unit = values.get("renewals_allowed") or 0, values.get("loan_unit", "days")
    if not allowed:
        return [_("It cannot be renewed.")]
    if allowed != UNLIMITED and renewed >= allowed:
        return [_("It was renewed as often as it can be.")]
    period = values.get("renewal_period")
    left = UNLIMITED if allowed == UNLIMITED else allowed - renewed
    given = {"count": left, "period": _period(values.get("loan_period") or 0 if period is None else period, unit)}
    said = [_how_often(left, again=renewed > 0) % given]
    if values.get("no_renewal_before") is not None:
        opens = in_words("no_renewal_before", values["no_renewal_before"])
        said.append(_("Renewal opens %(when)s.") % {"when": opens})
    if values.get("auto_renew"):
        said.append(_("The library renews it for you where it can."))
    return said


def _how_often(left: int, *, again: bool) -> str:
    if left == UNLIMITED:
        return _("It can be renewed as often as you like, for %(period)s each time.")
    if again:
        return ngettext(
            "It can be renewed once more, for %(period)s.",
            "It can be renewed %(count)d more times, for %(period)s each.",
            left,
        )
    return ngettext(
        "It can be renewed once, for %(period)s.", "It can be renewed %(count)d times, for %(period)s each.", left
    )


def _day(text: str) -> str:
    """A date (2026-03-02) or moment (2026-03-02T17:00:00+00:00) of a step, as a person reads it."""
    if len(text) <= len("2026-03-02"):
        return date_format(date.fromisoformat(text), "l j F Y")
    return date_format(
        timezone.localtime(datetime.fromisoformat(text), timezone.get_default_timezone()), "l j F Y, H:i"
    )


def _said(sentence: Any) -> Callable[[Mapping[str, str]], str]:
    """Fills a sentence with a step's values, dates as people read them."""
    return lambda values: (
        str(sentence)
        % {name: _day(value) if name in {"from", "to", "date"} else value for name, value in values.items()}
    )


def _moved(values: Mapping[str, str], sentence: str, because: str) -> str:
    named = {"from": _day(values["from"]), "to": _day(values["to"]), "exception": values.get("exception", "")}
    return (because if named["exception"] else sentence) % named


def _moved_on(values: Mapping[str, str]) -> str:
    return _moved(
        values,
        _("The library is closed on %(from)s, so it moves on to %(to)s."),
        _("The library is closed on %(from)s (%(exception)s), so it moves on to %(to)s."),
    )


def _moved_back(values: Mapping[str, str]) -> str:
    return _moved(
        values,
        _("The library is closed on %(from)s, so it moves back to %(to)s."),
        _("The library is closed on %(from)s (%(exception)s), so it moves back to %(to)s."),
    )


def _closed_later(values: Mapping[str, str]) -> str:
    return _moved(
        values,
        _("A closure that was added later moved it from %(from)s to %(to)s."),
        _("A closure that was added later (%(exception)s) moved it from %(from)s to %(to)s."),
    )


def _began(values: Mapping[str, str]) -> str:
    period = _period(int(values["period"]), values["unit"])
    return _("%(period)s: until %(to)s.") % {"period": period, "to": _day(values["to"])}


def _hard(values: Mapping[str, str]) -> str:
    sentence = {
        "before": _("It has to be back by %(to)s at the latest."),
        "exactly": _("All such loans are due on %(to)s."),
        "after": _("No such loan is due before %(to)s."),
    }[values["mode"]]
    return sentence % {"to": _day(values["to"])}


def _popular(values: Mapping[str, str]) -> str:
    given = {"period": _period(int(values["days"]), "days"), "to": _day(values["to"])}
    return _("Many wait for this book, so it is lent for %(period)s only, to %(to)s.") % given


def _left_out(values: Mapping[str, str]) -> str:
    count = int(values["days"])
    return ngettext(
        "Only open days count; %(count)d closed day is left out.",
        "Only open days count; %(count)d closed days are left out.",
        count,
    ) % {"count": count}


SENTENCES: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "period": _began,
    "closed_days_left_out": _left_out,
    "moved_on": _moved_on,
    "moved_back": _moved_back,
    "cut_at_closing": _said(gettext_lazy("The library closes before that: %(to)s.")),
    "extended_to_opening": _said(gettext_lazy("The library is closed then, so until it opens again: %(to)s.")),
    "popular": _popular,
    "term_end": _said(gettext_lazy("The term “%(term)s” ends on %(to)s, and the loan with it.")),
    "hard_due_date": _hard,
    "hard_due_date_over": _said(gettext_lazy("The fixed due date %(date)s is over and does not count.")),
    "card_expires": _said(gettext_lazy("The card is valid until %(date)s, and no loan lasts longer.")),
    "set_by_hand": _said(gettext_lazy("Staff set the due date to %(to)s by hand.")),
    "closure": _closed_later,
}
