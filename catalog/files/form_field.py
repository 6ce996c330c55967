"""The file field of a form that forgets no file: what was chosen stays chosen while something else is mended."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files import File
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.files import pending


class KeptFileInput(forms.FileInput):
    """A file input that says which file waits, and takes that one where no other is chosen."""

    owner: User | None = None
    kept: pending.Kept | None = None
    waiting: File[bytes] | None = None
    is_gone = False

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        upload, token = super().value_from_datadict(data, files, name), data.get(f"{name}_kept")
        if upload or not token or self.owner is None or data.get(f"{name}_leave_out"):
            return upload
        if self.waiting is None:  # a form asks for its values more than once
            found = pending.find(token=token, by=self.owner)
            self.is_gone = found is None
            self.kept, self.waiting = found or (None, None)
        return self.waiting

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        box = super().render(name, value, attrs, renderer)
        if self.kept is None:
            return box
        until = timezone.localtime(self.kept.until, timezone.get_default_timezone())
        words = _("“%(name)s” (%(size)s) is chosen and kept until %(hour)s. It goes in when the record is saved.") % {
            "name": self.kept.name,
            "size": filesizeformat(self.kept.size),
            "hour": f"{until:%H:%M}",
        }
        return format_html(
            '<div class="kept-file"><p>{}</p><input type="hidden" name="{name}_kept" value="{}">'
            '<label><input type="checkbox" name="{name}_leave_out" value="1"> {}</label></div>{}',
            words,
            self.kept.token,
            _("Leave it out"),
            box,
            name=name,
        )


class KeptFileField(forms.FileField):
    """A file, or the one that was kept for its owner."""

    widget = KeptFileInput

    @property
    def box(self) -> KeptFileInput:
        box: Any = self.widget
        assert isinstance(box, KeptFileInput)
        return box

    def clean(self, data: Any, initial: Any = None) -> Any:
        if self.box.is_gone:
            raise ValidationError(_("The file that you chose is no longer kept: please choose it again."))
        if self.box.kept is not None and data is not None:
            return data  # looked at when it came
        return super().clean(data, initial)

    def keep(self, upload: File[bytes]) -> None:
        """Let ``upload`` wait for the form to come again."""
        if self.box.owner is not None and self.box.kept is None:
            self.box.kept = pending.keep(upload=upload, by=self.box.owner)
        upload.close()
