"""What stands against a reader, on the reader's page: who placed it, why and until when. Staff place and lift it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy

from accounts import errors
from accounts.models import Patron, PatronBlock, User
from accounts.people import block_kinds
from accounts.services import blocks
from library.core import days
from library.core.admin import DATES, NamedCells
from library.core.errors import LibraryError

OWNER = "accounts"  # looks after what staff place by hand


class RefusalsShown:
    """A page of the admin whose services may refuse: their sentences stand over the page, and nothing is saved."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            shown: HttpResponse = super().changeform_view(  # type: ignore[misc]  # an admin's
                request, object_id, form_url, extra_context
            )
            return shown
        except LibraryError as refusal:
            for sentence in refusal.sentences:
                messages.error(request, sentence)
            return HttpResponseRedirect(request.get_full_path())


class BlockForm(forms.ModelForm[PatronBlock] if TYPE_CHECKING else forms.ModelForm):  # type: ignore[misc]
    """A block that is to be placed; what stands already can only be lifted."""

    code = forms.ChoiceField(label=gettext_lazy("What stands against it"))

    class Meta:
        model = PatronBlock
        fields = ("code", "until", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind.code, kind.name) for kind in block_kinds.placed_by_hand()]
        stands = not self.instance._state.adding
        code: Any = self.fields["code"]
        code.widget.attrs["aria-label"] = str(code.label)
        code.choices = (
            [(self.instance.code, block_kinds.name_of(self.instance.code))] if stands else [("", "---------"), *kinds]
        )
        for field in self.fields.values() if stands else ():
            field.disabled = True

    def clean_until(self) -> Any:
        """Errors: a last day that is over, or that no calendar can write."""
        until = self.cleaned_data["until"]
        if until is not None and (until < days.today() or not days.is_writable(until)):
            raise forms.ValidationError(blocks.LAST_DAY)
        return until


if TYPE_CHECKING:
    _FormSet = forms.BaseInlineFormSet[PatronBlock, Patron, forms.ModelForm[PatronBlock]]
else:
    _FormSet = forms.BaseInlineFormSet


class BlockFormSet(_FormSet):
    def clean(self) -> None:
        """Errors are said beside the form: here where a block would stand twice, or is none that staff lift."""
        super().clean()
        standing = set()
        for form in self.initial_forms:
            if form not in self.deleted_forms:
                standing.add((form.instance.owner, form.instance.code))
            elif not blocks.may_lift(form.instance):
                what = block_kinds.name_of(form.instance.code)
                raise forms.ValidationError(errors.BlockNotLifted(what=what).detail)
        for form in self.extra_forms:
            code = form.cleaned_data.get("code") if hasattr(form, "cleaned_data") else None
            if not code or form in self.deleted_forms:
                continue
            if (OWNER, code) in standing:
                form.add_error("code", errors.AlreadyBlocked(what=block_kinds.name_of(code)).detail)
            standing.add((OWNER, code))


class BlockInline(NamedCells, admin.TabularInline[PatronBlock, Patron]):
    model, form, formset = PatronBlock, BlockForm, BlockFormSet
    fields = ("code", "until", "note", "level", "at", "by", "owner")
    readonly_fields = ("level", "at", "by", "owner")
    formfield_overrides = DATES
    extra = 0
    verbose_name, verbose_name_plural = gettext_lazy("Block"), gettext_lazy("What stands against the reader")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PatronBlock]:
        """What counts today."""
        today = PatronBlock.objects.in_force(days.today()).values("pk")
        return super().get_queryset(request).filter(pk__in=today).select_related("by")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes one; the rows are fields only so that they can be ticked."""
        return self.has_view_permission(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user: Any = request.user
        return bool(user.has_perm("accounts.view_patronblock"))


class BlockFilter(admin.SimpleListFilter):
    """Readers against whom something stands today."""

    title, parameter_name = gettext_lazy("what stands against them"), "block"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        used = PatronBlock.objects.in_force(days.today()).order_by("code").values_list("code", flat=True).distinct()
        known = [kind.code for kind in block_kinds.placed_by_hand()]
        return [(code, block_kinds.name_of(code)) for code in dict.fromkeys([*known, *used])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Patron]) -> QuerySet[Patron]:
        return queryset.filter(standing(self.value() or "")) if self.value() else queryset


def standing(code: str) -> Exists:
    """Whether a block of this code stands against the patron of the row today."""
    return Exists(PatronBlock.objects.in_force(days.today()).filter(patron=OuterRef("pk"), code=code))


def write_blocks(formset: Any, *, by: User) -> None:
    """Lift what was ticked, then place what was added. Errors: as ``blocks.place``."""
    formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
    for form in formset.deleted_forms:
        if not form.instance._state.adding and blocks.lift(block=form.instance, by=by):
            formset.deleted_objects.append(form.instance)
    for form in formset.extra_forms:
        given = getattr(form, "cleaned_data", {})
        if given.get("code") and form not in formset.deleted_forms:
            block = blocks.NewBlock(given["code"], until=given["until"], note=given["note"])
            formset.new_objects.append(blocks.place(patron=formset.instance, block=block, owner=OWNER, by=by))
