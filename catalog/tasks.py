"""What the workers do for the catalogue."""

from __future__ import annotations

from celery import shared_task

from catalog.services import terms


@shared_task(name="fold_term_changes")
def fold_term_changes() -> None:
    """Every 30 s: add up which words came and went with the records that changed."""
    terms.fold_changes()
