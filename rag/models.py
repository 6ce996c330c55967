"""What the library holds in digital form, cut into findable passages."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from pgvector.django import VectorField

from catalog.models import Book
from library.core.ids import uuid7


class Document(models.Model):
    """A text that can be asked: a book's digital file (later also a library document that is no book)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.OneToOneField(Book, null=True, on_delete=models.CASCADE, related_name="document")
    live_generation = models.ForeignKey(
        "IndexGeneration", null=True, on_delete=models.SET_NULL, related_name="+",
        help_text="The generation that answers questions now.",
    )  # fmt: skip
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")

    def __str__(self) -> str:
        return str(self.book or self.id)


class GenerationState(models.TextChoices):
    BUILDING = "building", _("being built")
    READY = "ready", _("ready")


class IndexGeneration(models.Model):
    """One complete reading of a document by one model and one chunker. Only a ready one may go live."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="generations")
    source_sha256 = models.CharField(max_length=64)
    model = models.CharField(max_length=120)
    dimensions = models.PositiveSmallIntegerField()
    chunker = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=GenerationState, default=GenerationState.BUILDING)
    page_count = models.PositiveIntegerField(default=0)
    passage_count = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=300, blank=True, help_text="What was unusual about the file, in a sentence.")
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("index generation")
        verbose_name_plural = _("index generations")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["document"], condition=Q(state="building"), name="generation_one_building_per_document"
            ),
            models.CheckConstraint(
                condition=Q(state="building", ready_at=None) | Q(state="ready", ready_at__isnull=False),
                name="generation_ready_at_exactly_when_ready",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.model} {self.state}"


class Page(models.Model):
    """The stored text of one page, as it is shown beside a citation."""

    id = models.BigAutoField(primary_key=True)
    generation = models.ForeignKey(IndexGeneration, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()  # 1-based, as in the PDF
    label = models.CharField(max_length=20, blank=True)  # the number printed on it, where the file says so
    raw_text = models.TextField()  # as extracted
    text = models.TextField(null=True)  # without running headers and footers; NULL until all pages are read

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["generation", "number"], name="page_once_per_generation"),
            models.CheckConstraint(condition=Q(number__gte=1), name="page_number_from_one"),
        ]

    def __str__(self) -> str:
        return f"p. {self.number}"


class Passage(models.Model):
    """About 120 words of a document: what is found and what an answer quotes."""

    id = models.BigAutoField(primary_key=True)
    generation = models.ForeignKey(IndexGeneration, on_delete=models.CASCADE, related_name="passages")
    ordinal = models.PositiveIntegerField()
    first_page = models.PositiveIntegerField()
    last_page = models.PositiveIntegerField()
    start = models.PositiveIntegerField(help_text="Offset of its first character in the text of its first page.")
    end = models.PositiveIntegerField(help_text="Offset behind its last character in the text of its last page.")
    text = models.TextField()
    text_hash = models.CharField(max_length=64)
    # Untyped, so that generations of models with different dimensions stand side by side.
    embedding = VectorField(null=True)  # unit length; NULL only while the generation is being built

    class Meta:
        ordering = ["ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["generation", "text_hash"], name="passage_once_per_generation"),
            models.UniqueConstraint(fields=["generation", "ordinal"], name="passage_ordinal_once"),
            models.CheckConstraint(condition=Q(first_page__lte=F("last_page")), name="passage_pages_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.ordinal}: {self.text[:40]}"
