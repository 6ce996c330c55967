"""The project. Importing it makes the Celery application the one that every task belongs to."""

from library.celery import app as celery_app

__all__ = ["celery_app"]
