"""What a reader may type into the pages of rag."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from rag.answers.services import LONGEST_QUESTION
from rag.reading.find import LONGEST
from rag.reading.highlights import LONGEST_NOTE, LONGEST_QUOTE
from rag.text.sentences import TextSpan


class QuestionForm(forms.Form):
    """One question to one book."""

    question = forms.CharField(
        label=_("Your question"),
        max_length=LONGEST_QUESTION,
        error_messages={"required": _("Write a question first.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    @property
    def asked(self) -> str:
        """What was typed, as a page can show it."""
        return str(self["question"].value() or "").replace("\0", "")


class FindForm(forms.Form):
    """Words to find in one book."""

    words = forms.CharField(
        label=_("Words of the book"), max_length=LONGEST, error_messages={"required": _("Write what to look for.")}
    )
    first = forms.IntegerField(label=_("From page"), min_value=1, max_value=1_000_000, required=False)

    @property
    def asked(self) -> str:
        """What was typed, as a page can show it."""
        return str(self["words"].value() or "").replace("\0", "")


class NoteForm(forms.Form):
    """A note beside a highlight."""

    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )


class HighlightForm(NoteForm):
    """What of a page is to be marked: its words, or from where to where of its text they stand."""

    quote = forms.CharField(
        label=_("Words of this page"),
        max_length=LONGEST_QUOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    start = forms.IntegerField(min_value=0, max_value=10**8, required=False)
    end = forms.IntegerField(min_value=1, max_value=10**8, required=False)

    @property
    def span(self) -> TextSpan | None:
        """Where the words stand, if that was said."""
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        return TextSpan(start, end) if start is not None and end is not None else None
