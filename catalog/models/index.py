"""What searching reads. The database keeps ``BookFacts`` and the term changes itself, whoever writes, and how."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from pgvector.django import VectorField

from catalog.models.records import Book
from library.core.database.ids import uuid7


class BookFacts(models.Model):
    """All that finds, narrows and counts a book, in one narrow row that triggers keep (``migrations/sql``).

    ``vector`` also holds the lexeme ``~xx`` of the book's language; words of the title have the weight A.
    ``category_ids`` hold the wider categories too.
    """

    # The database deletes it with its book (so Django must not do it before), and counts its terms while it is there.
    book = models.OneToOneField(
        Book, primary_key=True, on_delete=models.DO_NOTHING, related_name="facts", db_constraint=False
    )
    text_version = models.BigIntegerField(default=0)  # another one whenever the text or the language changes
    popularity = models.PositiveIntegerField(default=0)
    words = models.PositiveIntegerField(default=0)  # in the vector, for the average length
    title_words = models.PositiveSmallIntegerField(default=0)
    year = models.SmallIntegerField(null=True)
    is_suppressed = models.BooleanField(default=False)
    is_available = models.BooleanField(default=False)  # a copy is free somewhere
    has_copies = models.BooleanField(default=False)  # format: print
    has_file = models.BooleanField(default=False)  # format: digital
    language = models.CharField(max_length=3)
    author_ids = ArrayField(models.BigIntegerField(), default=list)
    category_ids = ArrayField(models.BigIntegerField(), default=list)
    branch_ids = ArrayField(models.BigIntegerField(), default=list)  # where it has copies that the library still has
    free_branch_ids = ArrayField(models.BigIntegerField(), default=list)  # where one is free
    vector = SearchVectorField(default="")

    class Meta:
        verbose_name = _("facts of a book")
        verbose_name_plural = _("facts of books")
        indexes = [
            GinIndex(fields=["vector"], name="facts_vector", fastupdate=False),
            GinIndex(fields=["author_ids"], name="facts_authors", fastupdate=False),
            GinIndex(fields=["category_ids"], name="facts_categories", fastupdate=False),
            models.Index(F("year").desc(nulls_last=True), F("book").desc(), name="facts_year"),
            # Which vectors are of an older text: all of them in one pass, and the newest texts at once.
            models.Index(fields=["book", "text_version"], name="facts_book_version"),
            models.Index(fields=["text_version"], name="facts_version"),
        ]

    def __str__(self) -> str:
        return str(self.book_id)


class CatalogTerm(models.Model):
    """A lexeme of the search vectors of books that readers may see, and in how many of them it is.

    The empty lexeme stands for all: ``books`` of them, ``words`` together. ``as_word``: in how many titles, names and
    headings it is a whole word, which makes it fit to be suggested. ``deletes``: the word with one or two of its
    letters left out, where it may be suggested; NULL until they are made.
    """

    lexeme = models.TextField(primary_key=True, db_collation="C")
    books = models.IntegerField(default=0)
    as_word = models.IntegerField(default=0)
    words = models.BigIntegerField(default=0)
    deletes = ArrayField(models.TextField(), null=True)

    class Meta:
        db_table = "catalog_term"  # as triggers and statements call it
        indexes = [
            GinIndex(fields=["deletes"], name="term_deletes", fastupdate=False),
            models.Index(fields=["lexeme"], condition=Q(deletes=None, as_word__gt=0), name="term_without_deletes"),
        ]

    def __str__(self) -> str:
        return self.lexeme


class TermChange(models.Model):
    """By how much a term's numbers changed: appended by triggers, added up into ``CatalogTerm`` by a task."""

    id = models.BigAutoField(primary_key=True)
    lexeme = models.TextField(db_collation="C")
    books = models.IntegerField()
    as_word = models.IntegerField()
    words = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.lexeme} {self.books:+d}"


class BookGeneration(models.Model):
    """Vectors of all records by one model. At most one answers searches; the next is built beside it.

    Each has an index of its own in the database (``catalog.semantic.generations``), so that nothing ever compares the
    vectors of two models. ``recipe``: how the text of a record was put together.
    """

    class State(models.TextChoices):
        BUILDING = "building", _("being built")
        LIVE = "live", _("answers searches")
        RETIRED = "retired", _("being deleted")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    model = models.CharField(_("model"), max_length=120)
    dimensions = models.PositiveSmallIntegerField(_("dimensions"))
    recipe = models.CharField(_("recipe"), max_length=40, default="")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.BUILDING)
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    live_at = models.DateTimeField(_("in use since"), null=True, blank=True)

    class Meta:
        verbose_name = _("generation of book vectors")
        verbose_name_plural = _("generations of book vectors")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state__in=["building", "live"]), name="book_generation_one_per_state"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["building", "live", "retired"]), name="book_generation_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="live") | Q(live_at__isnull=False), name="book_generation_live_since"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} ({self.get_state_display()})"


class BookVector(models.Model):
    """The meaning of one record: a unit vector, and the version of the text that it was made from."""

    id = models.BigAutoField(primary_key=True)
    # The database deletes it with its book or generation: a vector that is written in the same moment then goes too.
    generation = models.ForeignKey(
        BookGeneration, on_delete=models.DO_NOTHING, related_name="vectors", db_constraint=False
    )
    book = models.ForeignKey(Book, on_delete=models.DO_NOTHING, related_name="vectors", db_constraint=False)
    text_version = models.BigIntegerField()
    embedding = VectorField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generation", "book"], include=["text_version"], name="book_vector_once")
        ]

    def __str__(self) -> str:
        return str(self.book_id)
