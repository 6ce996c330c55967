"""Digital files of books."""

from __future__ import annotations

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.records import Book
from catalog.values.file_kinds import EPUB, PDF, TEXT
from library.core.database.ids import uuid7


def random_name(instance: models.Model | None = None, filename: str = "", *, suffix: str = ".pdf") -> str:
    """Where an upload is kept: a name that tells nothing and that no request chooses."""
    return f"books/{uuid7().hex}{suffix}"


class FileFault(models.TextChoices):
    """What was found of a stored file when somebody wanted it last."""

    NONE = "", _("none")
    LOST = "lost", _("lost from the storage")
    ALTERED = "altered", _("changed in the storage")


class BookFile(models.Model):
    """The digital file of a book."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.OneToOneField(Book, on_delete=models.CASCADE, related_name="digital_file")
    file = models.FileField(_("file"), upload_to=random_name, storage=default_storage, max_length=200)
    original_name = models.CharField(_("name"), max_length=255)
    media_type = models.CharField(_("type"), max_length=80)
    size = models.PositiveBigIntegerField(_("bytes"))
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    fault = models.CharField(_("fault"), max_length=10, blank=True, default="", choices=FileFault.choices)
    added_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        verbose_name = _("digital file")
        verbose_name_plural = _("digital files")
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="book_file_not_empty"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="book_file_sha256"),
        ]

    def __str__(self) -> str:
        return self.original_name

    @property
    def is_pdf(self) -> bool:
        """Whether it has printed pages that a browser can open at."""
        return self.media_type == PDF

    @property
    def kind(self) -> str:
        """What readers call it."""
        kinds = {PDF: "PDF", EPUB: "EPUB", TEXT: _("text")}
        return str(kinds.get(self.media_type.partition(";")[0], ""))
