"""Forms of the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from itertools import pairwise
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Branch
from circulation.models import CalendarException, Term
from circulation.rules import public_holidays
from circulation.rules.opening_hours import Hours
from circulation.rules.public_holidays import PublicHoliday
from circulation.services.redating import Closure
from library.core.errors import LibraryError

SLOTS = 3  # openings of one day
YEARS_AHEAD = 5
EVERY_BRANCH = gettext_lazy("every branch")


class DayInput(forms.DateInput):
    """A date as the browser asks for it."""

    def __init__(self) -> None:
        super().__init__(attrs={"type": "date"}, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """A time as the browser asks for it."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs={"type": "time", **attrs}, format="%H:%M")


class WeekForm(forms.Form):
    """A week as a grid: for each day up to three openings."""

    def __init__(self, *given: Any, week: Mapping[int, Sequence[Hours]] | None = None, **more: Any) -> None:
        super().__init__(*given, **more)
        for weekday, day in WEEKDAYS.items():
            openings = list((week or {}).get(weekday, ()))
            for slot in range(SLOTS):
                hours = openings[slot] if slot < len(openings) else None
                values = {"day": day, "number": slot + 1}
                begin, end = _("%(day)s, opening %(number)d: from"), _("%(day)s, opening %(number)d: until")
                self._add(f"opens_{weekday}_{slot}", begin % values, hours.opens if hours else None)
                self._add(f"closes_{weekday}_{slot}", end % values, hours.closes if hours else None)

    def _add(self, name: str, label: str, value: time | None) -> None:
        widget = TimeInput(**{"aria-label": label})
        self.fields[name] = forms.TimeField(required=False, label=label, initial=value, widget=widget)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The grid for the page: days with their pairs of fields and all that is wrong with them."""
        return [
            {"day": day, "weekday": weekday, "pairs": [self._pair(weekday, slot) for slot in range(SLOTS)]}
            for weekday, day in WEEKDAYS.items()
        ]

    def _pair(self, weekday: int, slot: int) -> dict[str, Any]:
        opens, closes = self[f"opens_{weekday}_{slot}"], self[f"closes_{weekday}_{slot}"]
        errors = [*opens.errors, *closes.errors]
        name = f"error_{weekday}_{slot}"
        if errors:
            for field in (opens, closes):
                field.field.widget.attrs |= {"aria-describedby": name, "aria-invalid": "true"}
        return {"opens": opens, "closes": closes, "errors": errors, "id": name}

    @property
    def week(self) -> dict[int, tuple[Hours, ...]]:
        """What was typed, once it is valid."""
        days = {weekday: self._openings(weekday) for weekday in WEEKDAYS}
        return {weekday: tuple(hours for _slot, hours in openings) for weekday, openings in days.items() if openings}

    def clean(self) -> None:
        for weekday in WEEKDAYS:
            for slot in range(SLOTS):
                self._check_pair(weekday, slot)
            openings = self._openings(weekday)
            for (_first, earlier), (slot, later) in pairwise(openings):
                if later.opens <= earlier.closes:
                    self.add_error(f"opens_{weekday}_{slot}", _("These hours overlap or touch others of the day."))

    def _check_pair(self, weekday: int, slot: int) -> None:
        names = f"opens_{weekday}_{slot}", f"closes_{weekday}_{slot}"
        if any(name in self.errors for name in names):
            return
        opens, closes = (self.cleaned_data[name] for name in names)
        if (opens is None) != (closes is None):
            self.add_error(names[opens is not None], _("Say both from when and until when."))
        elif opens is not None and closes <= opens:
            self.add_error(names[1], _("It closes after it opens, on the same day; for midnight say 23:59."))

    def _openings(self, weekday: int) -> list[tuple[int, Hours]]:
        """The complete pairs of a day with their places, by the time of opening."""
        found = []
        for slot in range(SLOTS):
            opens = self.cleaned_data.get(f"opens_{weekday}_{slot}")
            closes = self.cleaned_data.get(f"closes_{weekday}_{slot}")
            if opens is not None and closes is not None and opens < closes:
                found.append((slot, Hours(opens, closes)))
        return sorted(found, key=lambda one: one[1].opens)


class _DaysForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only for the type checker
    """A first and a last day; the last may be left out."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        if "branch" in self.fields:
            self.fields["branch"].empty_label = EVERY_BRANCH  # type: ignore[attr-defined]  # a choice of rows

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and not last and "last_day" not in self.errors:
            cleaned["last_day"] = last = first
        if first and last and last < first:
            self.add_error("last_day", _("The last day is not before the first."))
        return cleaned


class TermForm(_DaysForm):
    class Meta:
        model = Term
        fields = ("name", "branch", "first_day", "last_day")
        widgets = {"first_day": DayInput, "last_day": DayInput}


class ExceptionForm(_DaysForm):
    """Days that are otherwise. Only a branch that is open has hours."""

    class Meta:
        model = CalendarException
        fields = ("name", "branch", "first_day", "last_day", "is_open", "opens", "closes")
        widgets = {"first_day": DayInput, "last_day": DayInput, "opens": TimeInput, "closes": TimeInput}

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["last_day"].required = False
        self.fields["last_day"].help_text = _("Empty: one day.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        opens, closes = cleaned.get("opens"), cleaned.get("closes")
        if not cleaned.get("is_open"):
            if opens or closes:
                self.add_error(
                    "opens", _("A day that is closed has no hours: say that it is open, or leave them empty.")
                )
        elif (opens is None) != (closes is None):
            self.add_error("closes" if opens else "opens", _("Say both from when and until when, or neither."))
        elif opens and closes and closes <= opens:
            self.add_error("closes", _("It closes after it opens, on the same day; for midnight say 23:59."))
        return cleaned


class ClosureForm(forms.Form):
    """Which closed days somebody asks about."""

    branch = forms.ModelChoiceField(
        Branch.objects.all(), required=False, label=gettext_lazy("Branch"), empty_label=EVERY_BRANCH
    )
    first = forms.DateField(label=gettext_lazy("First day"), widget=DayInput)
    last = forms.DateField(label=gettext_lazy("Last day"), widget=DayInput)
    week = forms.BooleanField(
        required=False,
        label=gettext_lazy("Days that the week closes, too"),
        help_text=gettext_lazy("Else only days that an exception closes."),
    )

    def clean(self) -> None:
        if self.errors:
            return
        closure = self.closure
        try:
            closure.check()
        except LibraryError as refusal:
            for name, sentences in refusal.fields.items():
                self.add_error(name, sentences)

    @property
    def closure(self) -> Closure:
        """What was asked for, once it is valid."""
        given = self.cleaned_data
        return Closure(given["branch"], given["first"], given["last"], given["week"])


class HolidaysForm(forms.Form):
    """Whose public holidays, for which branch and year."""

    country = forms.ChoiceField(label=gettext_lazy("Country"))
    subdivision = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Part of the country"),
        help_text=gettext_lazy("Choose a country and show its holidays first: then its parts can be chosen."),
    )
    year = forms.TypedChoiceField(label=gettext_lazy("Year"), coerce=int)
    branch = forms.ModelChoiceField(
        Branch.objects.all(), required=False, label=gettext_lazy("Branch"), empty_label=EVERY_BRANCH
    )

    shown = forms.CharField(required=False, widget=forms.HiddenInput)  # whose parts were there to choose from

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        given = dict(given) if given is not None else None
        if given and given.get("shown") != given.get("country"):
            given["subdivision"] = ""  # it is a part of the country that was chosen before
        super().__init__(given)
        this_year = timezone.localdate().year
        years = range(this_year - 1, this_year + YEARS_AHEAD + 1)
        known = public_holidays.countries()
        self._choices("country", [("", _("choose one")), *known])
        self._choices("year", [(str(year), str(year)) for year in years])
        self.fields["year"].initial = str(this_year)
        country = (given or {}).get("country", "")
        parts = public_holidays.subdivisions(country) if country in dict(known) else []
        self._choices("subdivision", [("", _("the whole country")), *parts])
        if parts:
            self.fields["subdivision"].help_text = ""

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # a choice field
        self.fields[name].error_messages["invalid_choice"] = _("No holidays are known for this choice.")

    def holidays(self) -> list[PublicHoliday]:
        """Those of the country and year, once it is valid. Errors: ``InvalidInput``."""
        given = self.cleaned_data
        return public_holidays.holidays_of(
            country=given["country"], subdivision=given["subdivision"], year=given["year"]
        )

    @property
    def cleaned_text(self) -> dict[str, str]:
        """What was chosen, as an address carries it."""
        given = self.cleaned_data
        return {
            "country": given["country"],
            "subdivision": given["subdivision"],
            "shown": given["country"],
            "year": str(given["year"]),
            "branch": str(given["branch"].pk) if given["branch"] else "",
        }


def chosen_days(values: Sequence[str]) -> set[date]:
    """Dates that a page of ours sent; anything else is none."""
    days = set()
    for value in values:
        try:
            days.add(date.fromisoformat(value))
        except ValueError:
            continue
    return days
