"""The rule matrix as one form: a line of fields for each row of rules, and one more for a new row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Field as ModelField
from django.utils.text import capfirst
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from circulation.explain import sentences as explaining
from circulation.models import LoanRule
from circulation.rules.bounds import A_DAY, HIGHEST_FINE, LONGEST_PERIOD, MOST, TOO_HIGH, TOO_LONG
from circulation.rules.matrix import DEFAULTS, SCOPE, UNLIMITED, RuleRow, Setting, resolve

INFINITY = "∞"
ROWS_A_PAGE = 20  # times the parameters: fewer fields than a request may have
LIMITS = (
    "max_loans",
    "renewals_allowed",
    "holds_allowed",
    "holds_per_book",
    "holds_per_day",
    "fine_cap",
    "max_suspension_days",
)
NUMBER_FROM = {"loan_period": 1, "fine_period": 1}


class NumberField(forms.IntegerField):
    """A whole number, typed; -1 is written ∞ where the field is a limit."""

    widget = forms.TextInput

    def __init__(self, *, lowest: int, is_limit: bool, **given: Any) -> None:
        highest, too_high = (MOST, _("At most 32,767.")) if is_limit else (LONGEST_PERIOD, TOO_LONG)
        message = (
            _("A whole number, or ∞ for no limit.")
            if is_limit
            else _("A whole number, at least %(lowest)d.") % {"lowest": lowest}
        )
        super().__init__(
            required=False,
            min_value=lowest,
            max_value=highest,
            error_messages={"invalid": message, "min_value": message, "max_value": too_high},
            **given,
        )
        self.is_limit = is_limit

    def to_python(self, value: Any) -> int | None:
        typed = value.strip() if isinstance(value, str) else value
        return UNLIMITED if self.is_limit and typed == INFINITY else super().to_python(typed)

    def prepare_value(self, value: Any) -> Any:
        return INFINITY if self.is_limit and value == UNLIMITED else value


class SumCell(forms.DecimalField):
    """A sum of money, typed with a point or a comma; -1 is written ∞ where the field is a limit."""

    widget = forms.TextInput

    def __init__(self, *, is_limit: bool, **given: Any) -> None:
        message = _("A sum such as 0.50, or ∞ for no limit.") if is_limit else _("A sum such as 0.50.")
        words = {"invalid": message, "min_value": message, "max_value": TOO_HIGH, "max_decimal_places": message}
        super().__init__(
            required=False, max_digits=8, decimal_places=3, max_value=HIGHEST_FINE, error_messages=words, **given
        )
        self.is_limit = is_limit
        self.too_low = message

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs take it for a whole number
        typed = value.strip().replace(",", ".") if isinstance(value, str) else value
        return Decimal(UNLIMITED) if self.is_limit and typed in {INFINITY, str(UNLIMITED)} else super().to_python(typed)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and value < 0 and not (self.is_limit and value == UNLIMITED):
            raise forms.ValidationError(self.too_low)

    def prepare_value(self, value: Any) -> Any:
        if self.is_limit and value == UNLIMITED:
            return INFINITY
        return explaining.sum_in_words(value) if isinstance(value, Decimal) else value


class ChoiceCell(forms.TypedChoiceField):
    """One of a few values, or none; what was chosen is compared as what it means."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            known = None if initial in self.empty_values else self.coerce(initial)
            return bool(self.clean(data) != known)
        except forms.ValidationError:
            return True


def cell_field(model_field: ModelField[Any, Any], **given: Any) -> forms.Field | None:
    """The form field of a cell: short, for it stands among many."""
    kind = model_field.get_internal_type()
    if kind == "ForeignKey":
        empty = _("any %(kind)s") % {"kind": model_field.verbose_name}
        return model_field.formfield(empty_label=empty, help_text="", **given)
    if kind == "DecimalField":
        return SumCell(is_limit=model_field.name in LIMITS)
    if kind.endswith("IntegerField"):
        is_limit = model_field.name in LIMITS
        lowest = UNLIMITED if is_limit else NUMBER_FROM.get(model_field.name, 0)
        return NumberField(lowest=lowest, is_limit=is_limit)
    if kind == "DateField":
        return forms.DateField(
            required=False,
            validators=A_DAY,
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages={"invalid": _("A date, such as 2026-06-30.")},
        )
    if kind == "BooleanField":
        choices = [("", "—"), ("yes", _("yes")), ("no", _("no"))]
        return ChoiceCell(required=False, choices=choices, empty_value=None, coerce=lambda value: value == "yes")
    return ChoiceCell(required=False, choices=[("", "—"), *(model_field.choices or ())], empty_value=None)


class RowForm(forms.ModelForm[LoanRule]):
    """The parameters of one row. Its scope stands: another scope is another row."""

    remove = forms.BooleanField(required=False, label=_("remove"))

    class Meta:
        model = LoanRule
        fields: Sequence[str] = list(DEFAULTS)
        formfield_callback = cell_field

    def __init__(self, *args: Any, scope: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name in DEFAULTS:
                label = now("%(parameter)s, %(scope)s") % {"parameter": explaining.NAMES[name], "scope": scope}
                field.widget.attrs["aria-label"] = capfirst(label)
            if isinstance(field, NumberField | SumCell):
                field.widget.attrs |= {"size": 4, "autocomplete": "off"}
        for name in DEFAULTS:
            if isinstance(self.initial.get(name), bool):
                self.initial[name] = "yes" if self.initial[name] else "no"

    @property
    def is_removed(self) -> bool:
        """Whether the row is to go; what its other fields say does not matter then."""
        return bool(self.is_bound and self.data.get(self.add_prefix("remove")))

    @property
    def sets_something_new(self) -> bool:
        """Whether any value is another one."""
        return not self.is_removed and any(name in DEFAULTS for name in self.changed_data)


class NewRowForm(RowForm):
    """A row that is not there yet: its scope, and what it sets."""

    class Meta(RowForm.Meta):
        fields = [*SCOPE, *DEFAULTS]


@dataclass(frozen=True)
class Cell:
    """One parameter of one row. Where the row does not set it: what holds then, and the row that says so."""

    field: forms.BoundField
    parameter: str
    inherited: str
    source: LoanRule | None
    source_number: int | None
    source_address: str
    said: str  # what the row itself says

    @property
    def is_set(self) -> bool:
        return self.field.value() not in (None, "")


@dataclass(frozen=True)
class MatrixLine:
    """One row of the matrix on the page; ``number`` is what other cells call it by."""

    row: LoanRule
    number: int
    form: RowForm
    cells: Sequence[Cell]


class MatrixForm:
    """``shown`` rows of the matrix ``rows`` to be edited together. ``data``: what was sent; None: as it is."""

    def __init__(
        self,
        rows: Sequence[LoanRule],
        plain: Sequence[RuleRow],
        shown: Sequence[LoanRule],
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self._plain, self._rows = plain, {row.pk: row for row in rows}
        self._numbers = {row.pk: number for number, row in enumerate(rows, start=1)}
        self._shown = {row.pk for row in shown}
        self._data = data
        self.lines = [self._line(row) for row in shown]
        self.new = self._new(self._data_of("new"))
        if not self.adds:  # a line in which nothing was chosen has no errors
            self.new = self._new(None)

    def address(self, row: int) -> str:
        """Where a row stands; on this page without leaving it, for that would lose what was typed."""
        page = "" if row in self._shown else f"?page={(self._numbers[row] - 1) // ROWS_A_PAGE + 1}"
        return f"{page}#row-{row}"

    @cached_property
    def is_valid(self) -> bool:
        """Whether all that is to be saved can be; a row that goes need not be right."""
        forms_ = [line.form for line in self.lines if line.form.is_bound and not line.form.is_removed]
        if self.adds:
            forms_.append(self.new)
        return not [form for form in forms_ if not form.is_valid()]  # all of them, so that every error is shown

    @property
    def adds(self) -> bool:
        """Whether the new row was filled in."""
        return self.new.is_bound and self.new.has_changed()

    @property
    def changed(self) -> list[LoanRule]:
        return [line.form.instance for line in self.lines if line.form.is_bound and line.form.sets_something_new]

    @property
    def removed(self) -> list[LoanRule]:
        return [line.row for line in self.lines if line.form.is_removed]

    @property
    def added(self) -> LoanRule | None:
        return self.new.instance if self.adds else None

    @property
    def new_cells(self) -> list[forms.BoundField]:
        """The parameters of the new row."""
        return [self.new[name] for name in DEFAULTS]

    @property
    def new_scope(self) -> list[forms.BoundField]:
        """Branch, tier and item type of the new row."""
        return [self.new[name] for name in SCOPE]

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """Every error: the id of its field, the field's name with its row, and the sentence."""
        bound = [*(line.form for line in self.lines), self.new]
        return [
            ("" if name == "__all__" else str(form[name].auto_id), self._name(form, name), str(sentence))
            for form in bound
            if form.is_bound and not form.is_removed
            for name, sentences in form.errors.items()
            for sentence in sentences
        ]

    def _new(self, data: Mapping[str, Any] | None) -> NewRowForm:
        return NewRowForm(data, prefix="new", scope=now("new row"), instance=LoanRule())

    def _name(self, form: RowForm, name: str) -> str:
        scope = str(form.instance) if form.instance.pk else now("new row")
        return scope if name not in DEFAULTS else str(form.fields[name].widget.attrs["aria-label"])

    def _line(self, row: LoanRule) -> MatrixLine:
        number = self._numbers[row.pk]
        form = RowForm(self._data_of(f"row-{row.pk}"), prefix=f"row-{row.pk}", instance=row, scope=str(row))
        scope = {"branch": row.branch_id, "tier": row.tier_id, "item_type": row.item_type_id}
        beneath = resolve([other for other in self._plain if other.id != row.pk], **scope)
        unit = row.loan_unit or beneath.loan_unit.value
        return MatrixLine(row, number, form, [self._cell(row, form, name, setting, unit) for name, setting in beneath])

    def _cell(self, row: LoanRule, form: RowForm, parameter: str, setting: Setting[Any], unit: str) -> Cell:
        """A parameter of a row; ``setting``: what holds where the row does not set it."""
        source = self._rows[setting.row.id] if setting.row and setting.row.id else None

        def in_words(value: Any) -> str:
            return explaining.in_words(parameter, explaining.as_kept(value), unit=unit)

        return Cell(
            field=form[parameter],
            parameter=parameter,
            inherited=in_words(setting.value),
            source=source,
            source_number=self._numbers[source.pk] if source else None,
            source_address=self.address(source.pk) if source else "",
            said=in_words(getattr(row, parameter)),
        )

    def _data_of(self, prefix: str) -> Mapping[str, Any] | None:
        """What was sent of one row; None where the page that sent it did not show the row."""
        return (
            self._data if self._data is not None and any(key.startswith(f"{prefix}-") for key in self._data) else None
        )
