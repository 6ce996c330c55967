"""The tab of what the library made of a book for whoever studies it."""

from __future__ import annotations

from django.http import HttpRequest

from aistudy import queries
from catalog.models import Book
from catalog.pages.tabs import TabPanel
from rag import queries as rag


def show_study_content(request: HttpRequest, book: Book) -> TabPanel:
    """Its artifacts, and the jobs that make more."""
    document = rag.find_document(book)
    return TabPanel(
        {
            "index": rag.state_of(document) if document is not None else rag.IndexState("none"),
            "artifacts": queries.artifacts(document, request.user),
            "jobs": queries.study_jobs(document),
        }
    )
