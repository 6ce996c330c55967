"""The catalogue: books, who made them, what they are about, and the copies on the shelves."""

from catalog.models.authorities import Author, AuthorAlias, Category, Series, Subject
from catalog.models.copies import Branch, Condition, Copy, CopyQuerySet, CopyStatus, ItemType
from catalog.models.covers import Cover, CoverSource, CoverState, WhyNone, cover_name
from catalog.models.files import BookFile, FileFault, random_name
from catalog.models.index import BookFacts, BookGeneration, BookVector, CatalogTerm, TermChange
from catalog.models.records import Authorship, Book, BookIdentifier, BookMerge, BookQuerySet, ReadingLevel

__all__ = [
    "Author",
    "AuthorAlias",
    "Authorship",
    "Book",
    "BookFacts",
    "BookFile",
    "BookGeneration",
    "BookIdentifier",
    "BookMerge",
    "BookQuerySet",
    "BookVector",
    "Branch",
    "CatalogTerm",
    "Category",
    "Condition",
    "Copy",
    "CopyQuerySet",
    "CopyStatus",
    "Cover",
    "CoverSource",
    "CoverState",
    "FileFault",
    "ItemType",
    "ReadingLevel",
    "Series",
    "Subject",
    "TermChange",
    "WhyNone",
    "cover_name",
    "random_name",
]
