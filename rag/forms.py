"""What a reader may type into the pages of rag."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from rag.answers.services import LONGEST_QUESTION


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
