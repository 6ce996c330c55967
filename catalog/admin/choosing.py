"""A box in which a name is chosen from those that are known, or added at once; without JavaScript it is typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AutocompleteMixin, AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from catalog import validation

if TYPE_CHECKING:  # generic only for the type checker
    OneBase = forms.ModelChoiceField[Any]
    SeveralBase = forms.ModelMultipleChoiceField[Any]
else:
    OneBase, SeveralBase = forms.ModelChoiceField, forms.ModelMultipleChoiceField

NEW = "+"  # before a name that is to be added, where the key of a known one would stand
Make = Callable[[str], Model]


class _Choosing(AutocompleteMixin):
    """Django's box, which our script lets add names; what is new stays chosen while the form has an error elsewhere."""

    may_add = False
    known: Mapping[
        str, str
    ] = {}  # what the rows of one form have chosen: key and words, looked up for all rows at once

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        attrs: dict[str, Any] = super().build_attrs(base_attrs, extra_attrs)
        attrs["class"] = attrs["class"].replace("admin-autocomplete", "choose-or-add")
        return attrs | ({"data-new": NEW, "data-add": _("Add “{name}”")} if self.may_add else {})

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        known = [one for one in value if not str(one).startswith(NEW)]
        if known and all(str(one) in self.known for one in known):
            groups: Any = super().optgroups(name, [], attr)
            groups[0][1].extend(
                self.create_option(name, one, self.known[str(one)], True, place)  # type: ignore[attr-defined]
                for place, one in enumerate(known, len(groups[0][1]))
            )
        else:
            groups = super().optgroups(name, known, attr)
        options = groups[0][1]
        for one in value:
            if str(one).startswith(NEW):
                option = self.create_option(name, one, one[len(NEW) :], True, len(options))  # type: ignore[attr-defined]
                options.append(option)
        return groups

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        box = super().render(name, value, attrs, renderer)  # type: ignore[misc]  # a widget's
        return format_html("{}<noscript>{}</noscript>", box, self.typing(name)) if self.may_add else box

    def typing(self, name: str) -> SafeString:
        return format_html(
            '<input type="text" name="{}" class="vTextField" aria-label="{}" placeholder="{}">',
            typed(name),
            _("Another name"),
            _("or type a name"),
        )


class ChooseOne(_Choosing, AutocompleteSelect):
    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        new = (data.get(typed(name)) or "").strip()
        return f"{NEW}{new}" if new else super().value_from_datadict(data, files, name)


class ChooseSeveral(_Choosing, AutocompleteSelectMultiple):
    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        new = [part.strip() for part in re.split(r"[;\r\n]", data.get(typed(name)) or "")]
        chosen = super().value_from_datadict(data, files, name) or []
        return [*chosen, *(f"{NEW}{one}" for one in new if one)]

    def typing(self, name: str) -> SafeString:
        return format_html(
            '<textarea name="{}" rows="3" class="vLargeTextField" aria-label="{}" placeholder="{}"></textarea>',
            typed(name),
            _("Other names"),
            _("or type names, one a line"),
        )


def typed(name: str) -> str:
    """The name of the control in which a name is typed, where no script runs."""
    return f"{name}__typed"


class OneOrNew(OneBase):
    """A record by its key, or by ``+`` and a name, which ``make`` finds or adds. Must run in a transaction."""

    make: Make
    may_add = False

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith(NEW):
            return _added(self, [value])[0]
        return super().to_python(value)


class SeveralOrNew(SeveralBase):
    """Records by their keys, or by ``+`` and a name. Must run in a transaction."""

    make: Make
    may_add = False

    def clean(self, value: Any) -> Any:
        given: Sequence[Any] = value or []
        new = [one for one in given if isinstance(one, str) and one.startswith(NEW)]
        known = [one for one in given if one not in new]
        return super().clean([*known, *(str(record.pk) for record in _added(self, new))])


def _added(field: OneOrNew | SeveralOrNew, values: Iterable[str]) -> list[Model]:
    made = []
    for value in values:
        if not field.may_add:
            raise ValidationError(_("You may choose here, but not add: ask somebody who may."))
        made.append(field.make(validation.one_line(value[len(NEW) :], at_most=validation.NAME_LENGTH, required=True)))
    return made


@dataclass(frozen=True)
class RelationChoice:
    """How one relation is chosen, and the permission without which nothing is added to what it leads to."""

    field: type[OneOrNew] | type[SeveralOrNew]
    widget: type[ChooseOne] | type[ChooseSeveral]
    make: Make
    needs: str


class Choosing:
    """A page or rows of the admin whose relations in ``choosing`` are chosen or added in one box."""

    choosing: ClassVar[Mapping[str, RelationChoice]] = {}
    admin_site: Any

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return self._chosen(db_field, request, kwargs) or super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]  # an admin's

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return self._chosen(db_field, request, kwargs) or super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]  # an admin's

    def _chosen(self, db_field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> Any:
        choice = self.choosing.get(db_field.name)
        if choice is None:
            return None
        widget = choice.widget(db_field, self.admin_site, using=kwargs.get("using"))
        field = db_field.formfield(form_class=choice.field, widget=widget, **kwargs)
        field.make, field.may_add = choice.make, request.user.has_perm(choice.needs)
        field.widget.may_add = field.may_add
        return field
