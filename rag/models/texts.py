"""What the library holds in digital form, cut into findable passages."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from pgvector.django import VectorField

from catalog import access
from catalog.errors import BookConfidential
from catalog.models import Book
from library.core.database.ids import uuid7
from rag import errors


class VectorSpace(models.Model):
    """One embedding model with its number of dimensions. Vectors of two spaces are never compared.

    Each has an HNSW index of its own over the passages that carry its id (``rag.indexes.spaces``).
    """

    id = models.SmallAutoField(primary_key=True)
    model = models.CharField(_("model"), max_length=120)
    dimensions = models.PositiveSmallIntegerField(_("dimensions"))

    class Meta:
        verbose_name = _("vector space")
        verbose_name_plural = _("vector spaces")
        constraints = [
            models.UniqueConstraint(fields=["model", "dimensions"], name="vector_space_once"),
            models.CheckConstraint(condition=Q(dimensions__gte=1), name="vector_space_has_dimensions"),
        ]

    def __str__(self) -> str:
        return f"{self.model} ({self.dimensions})"


class DocumentQuerySet(models.QuerySet["Document"]):
    """Several documents."""

    def visible_to(self, user: Any) -> DocumentQuerySet:
        """Those whose text ``user`` may read, as ``Document.visible_to`` says of each."""
        return self if user.is_staff else self.filter(book__is_public=True, book__is_suppressed=False)


class Document(models.Model):
    """A text that can be asked: a book's digital file.

    Whatever asks, studies or shows a text takes its document and derives from it what it needs: its title, its
    language, and who may read it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.OneToOneField(Book, null=True, on_delete=models.CASCADE, related_name="document")
    live_generation = models.ForeignKey(
        "IndexGeneration",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The generation that answers questions now.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # It stays deleted, whatever is rebuilt, until somebody asks for it again or the book gets another file.
    index_deleted_at = models.DateTimeField(_("index deleted"), null=True, blank=True)
    index_again = models.BooleanField(default=False)  # asked for while a job that is being stopped still runs

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.CheckConstraint(
                condition=Q(index_deleted_at=None) | Q(live_generation=None),
                name="document_deleted_index_answers_nothing",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What readers know it by."""
        return str(self.book or self.id)

    @property
    def language(self) -> str:
        """The language that its sentences are read in, where a passage does not tell its own."""
        return self.book.language if self.book else "en"

    def visible_to(self, user: Any) -> bool:
        """Whether ``user`` may read, ask and study it. One that belongs to no book is for staff alone."""
        return user.is_staff or (
            self.book is not None and not self.book.is_suppressed and access.may_read(user, self.book)
        )

    def check_visible_to(self, user: Any) -> None:
        """Errors: ``DocumentConfidential`` (403); for that of a book, ``BookConfidential``."""
        if not self.visible_to(user):
            raise BookConfidential if self.book else errors.DocumentConfidential


class GenerationState(models.TextChoices):
    BUILDING = "building", _("being built")
    READY = "ready", _("ready")


class IndexGeneration(models.Model):
    """One complete reading of a document by one model and one chunker. Only a ready one may go live."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="generations")
    space = models.ForeignKey(VectorSpace, null=True, on_delete=models.PROTECT, related_name="generations")
    source_sha256 = models.CharField(max_length=64)
    model = models.CharField(max_length=120)
    dimensions = models.PositiveSmallIntegerField()
    chunker = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=GenerationState, default=GenerationState.BUILDING)
    page_count = models.PositiveIntegerField(default=0)
    passage_count = models.PositiveIntegerField(default=0)
    word_count = models.PositiveIntegerField(default=0, help_text="Of all passages together, for their average.")
    language = models.CharField(max_length=3, blank=True, help_text="Of most of its passages, detected.")
    facts = models.JSONField(
        default=dict, blank=True, help_text="What the file says of itself (rag.ingest.model.raw.Facts)."
    )
    note = models.TextField(blank=True, help_text="What was unusual about the file, in sentences.")
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


class PageSource(models.TextChoices):
    """Where the words of a page come from."""

    TEXT = "text", _("the file's own text")
    OCR = "ocr", _("recognised in the page's picture")
    NONE = "none", _("nothing to read")


class Page(models.Model):
    """The stored text of one page, as it is shown beside a citation."""

    id = models.BigAutoField(primary_key=True)
    generation = models.ForeignKey(IndexGeneration, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()  # 1-based, as in the PDF
    label = models.CharField(max_length=20, blank=True)  # the number printed on it, where the file says so
    begins = models.JSONField(
        default=list,
        blank=True,
        help_text="Printed pages that begin on it, of an EPUB: [offset in its text, number] each.",
    )
    layout = models.BinaryField(null=True)  # `rag.ingest.model.raw.packed`, as read; NULL once the page's text is made
    text = models.TextField(null=True)  # without running headers and footers; NULL until all pages are read
    boxes = models.BinaryField(null=True)  # `rag.ingest.model.clean.packed_boxes`: where the words of the text stand
    width = models.FloatField(default=0)  # points
    height = models.FloatField(default=0)
    source = models.CharField(max_length=4, choices=PageSource, default=PageSource.TEXT)
    notes = ArrayField(models.CharField(max_length=40), default=list, blank=True)  # codes of what was unusual

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["generation", "number"], name="page_once_per_generation"),
            models.CheckConstraint(condition=Q(number__gte=1), name="page_number_from_one"),
        ]

    def __str__(self) -> str:
        return f"p. {self.number}"


class Section(models.Model):
    """A part of a document under one heading, up to the next heading of any level."""

    id = models.BigAutoField(primary_key=True)
    generation = models.ForeignKey(IndexGeneration, on_delete=models.CASCADE, related_name="sections")
    ordinal = models.PositiveIntegerField()
    level = models.PositiveSmallIntegerField()  # 1 is the widest
    title = models.CharField(max_length=300)
    path = ArrayField(models.CharField(max_length=300))  # titles from the widest to its own
    page = models.PositiveIntegerField()  # where its heading stands
    start = models.PositiveIntegerField(help_text="Offset of its heading in that page's text.")

    class Meta:
        ordering = ["ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["generation", "ordinal"], name="section_ordinal_once"),
            models.CheckConstraint(condition=Q(level__gte=1, page__gte=1), name="section_level_and_page_from_one"),
        ]

    def __str__(self) -> str:
        return " › ".join(self.path)


class Passage(models.Model):
    """About 120 words of a document: what is found and what an answer quotes."""

    id = models.BigAutoField(primary_key=True)
    generation = models.ForeignKey(IndexGeneration, on_delete=models.CASCADE, related_name="passages")
    # Both go with their generation.
    section = models.ForeignKey(Section, null=True, on_delete=models.DO_NOTHING, related_name="passages")
    # Of the generation, kept here too because a partial index cannot look into another table.
    space = models.ForeignKey(VectorSpace, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False)
    ordinal = models.PositiveIntegerField()
    first_page = models.PositiveIntegerField()
    last_page = models.PositiveIntegerField()
    start = models.PositiveIntegerField(help_text="Offset of its first character in the text of its first page.")
    end = models.PositiveIntegerField(help_text="Offset behind its last character in the text of its last page.")
    text = models.TextField()
    text_hash = models.CharField(max_length=64)
    language = models.CharField(max_length=3, blank=True)  # detected
    word_count = models.PositiveIntegerField(default=0)  # as BM25 counts them
    vector = SearchVectorField(default="")  # its terms, for BM25
    # Untyped, so that generations of models with different dimensions stand side by side.
    embedding = VectorField()  # unit length

    class Meta:
        ordering = ["ordinal"]
        indexes = [GinIndex(fields=["vector"], name="passage_vector", fastupdate=False)]
        constraints = [
            models.UniqueConstraint(fields=["generation", "text_hash"], name="passage_once_per_generation"),
            models.UniqueConstraint(fields=["generation", "ordinal"], name="passage_ordinal_once"),
            models.CheckConstraint(condition=Q(first_page__lte=F("last_page")), name="passage_pages_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.ordinal}: {self.text[:40]}"


class GenerationTerm(models.Model):
    """In how many passages of a generation a term is."""

    id = models.BigAutoField(primary_key=True)
    generation = models.ForeignKey(IndexGeneration, on_delete=models.CASCADE, related_name="terms")
    lexeme = models.TextField(db_collation="C")
    passages = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["generation", "lexeme"], name="generation_term_once")]

    def __str__(self) -> str:
        return self.lexeme


class LibraryTerm(models.Model):
    """In how many passages of all live generations a term is. The empty lexeme stands for all of them."""

    lexeme = models.TextField(primary_key=True, db_collation="C")
    passages = models.BigIntegerField(default=0)
    words = models.BigIntegerField(default=0)  # of the empty lexeme only

    def __str__(self) -> str:
        return self.lexeme


class LibraryTermChange(models.Model):
    """By how much a library term changed: appended as generations go live and retire, added up by a task."""

    id = models.BigAutoField(primary_key=True)
    lexeme = models.TextField(db_collation="C")
    passages = models.BigIntegerField()
    words = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.lexeme} {self.passages:+d}"


class RebuildState(models.TextChoices):
    RUNNING = "running", _("under way")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("stopped")  # by somebody: it stays so until somebody goes on with it
    SUPERSEDED = "superseded", _("overtaken by another change")


class Rebuild(models.Model):
    """All documents indexed anew, because the model or the recipe is another one now. Answers come from the old
    generations meanwhile. By another model, all go over in one step when the last one is ready; by another recipe of
    the same model, each does so when it is ready."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    space = models.ForeignKey(VectorSpace, on_delete=models.PROTECT, related_name="rebuilds")
    chunker = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=RebuildState, default=RebuildState.RUNNING)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("rebuilding of all indexes")
        verbose_name_plural = _("rebuildings of all indexes")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="running"), name="rebuild_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(state="running", ended_at=None) | (~Q(state="running") & Q(ended_at__isnull=False)),
                name="rebuild_ended_at_exactly_when_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.space} {self.state}"
