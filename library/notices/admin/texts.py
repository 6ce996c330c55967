"""The texts of letters, written by staff: every kind in every language, with a preview made by what sends them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from library.core.admin import SYSTEM, ReadOnlyAdmin
from library.core.errors import InvalidInput
from library.core.http.api import user_of
from library.notices import kinds, texts
from library.notices.letters import text as letters
from library.notices.models import LetterText
from library.notices.texts import BODY_LENGTH, SUBJECT_LENGTH, ShownLetter

LIST = "admin:notices_lettertext_changelist"


class LetterForm(forms.Form):
    subject = forms.CharField(
        label=gettext_lazy("Subject"),
        max_length=SUBJECT_LENGTH,
        widget=forms.TextInput(attrs={"class": "vTextField", "size": 80}),
    )
    body = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=BODY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 18, "cols": 90}),
        help_text=gettext_lazy(
            "Empty lines part paragraphs, lines that begin with “– ” are a list. HTML is made of it."
        ),
    )


@admin.register(LetterText)
class LetterTextAdmin(ReadOnlyAdmin):
    """Its list is every letter that can be written, not the rows that were."""

    part, place, called = SYSTEM, 1, gettext_lazy("Texts of letters")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.write_view)
        return [path("<slug:code>/<str:language>/", view, name="notices_lettertext_write"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        own = {(row.kind, row.language): row for row in LetterText.objects.all()}
        rows = [
            (
                kind,
                kind.group_of_choice.name,
                [(code, name, own.get((kind.code, code))) for code, name in settings.LANGUAGES],
            )
            for kind in texts.editable()
        ]
        return self._page(request, "all", _("Texts of letters"), {"rows": rows, "languages": settings.LANGUAGES})

    def write_view(self, request: HttpRequest, code: str, language: str) -> HttpResponse:
        """Write, look at and give up one letter."""
        if not request.user.has_perm("notices.change_lettertext"):
            raise PermissionDenied
        kind = texts.kind_of(code)
        if kind is None or language not in dict(settings.LANGUAGES):
            raise Http404
        if request.method != "POST":
            subject, body = letters.source(kind, language)
            return self._written(request, kind, language, LetterForm({"subject": subject, "body": body}))
        if "give_up" in request.POST:
            texts.give_up(kind=kind, language=language, by=user_of(request))
            messages.success(request, _("The letter is the one that comes with the library again."))
            return redirect(LIST)
        form = LetterForm(request.POST)
        if form.is_valid() and "save" in request.POST:
            try:
                texts.save(kind=kind, language=language, by=user_of(request), **form.cleaned_data)
            except InvalidInput as refusal:
                _show(form, refusal)
            else:
                messages.success(request, _("The letter is saved."))
                return redirect(LIST)
        return self._written(request, kind, language, form)

    def _written(self, request: HttpRequest, kind: kinds.NoticeKind, language: str, form: LetterForm) -> HttpResponse:
        context = {
            "form": form,
            "previews": _previews(kind, language, form),
            "words": [(f"{{{{ {name} }}}}", word.meaning) for name, word in letters.variables_of(kind).items()],
            "is_own": LetterText.objects.filter(kind=kind.code, language=language).exists(),
        }
        title = f"{kind.name or kind.code}, {dict(settings.LANGUAGES)[language]}"
        return self._page(request, "write", title, context, status=422 if form.errors else 200)

    def _page(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        whole = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}
        return TemplateResponse(request, f"admin/notices/lettertext/{name}.html", whole, status=status)


def _previews(kind: kinds.NoticeKind, language: str, form: LetterForm) -> list[tuple[str, ShownLetter]]:
    if not form.is_valid():
        return []
    given = {"kind": kind, "language": language, **form.cleaned_data}
    try:
        return [
            (_("The letter"), texts.shown(**given)),
            (_("The letter to somebody whose name is not known"), texts.shown(**given, without_name=True)),
        ]
    except InvalidInput as refusal:
        _show(form, refusal)
        return []


def _show(form: LetterForm, refusal: InvalidInput) -> None:
    for field, sentences in refusal.fields.items():
        for sentence in sentences:
            if sentence not in form.errors.get(field, []):
                form.add_error(field if field in form.fields else None, sentence)
