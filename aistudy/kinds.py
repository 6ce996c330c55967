"""The kinds of study content: each app registers its own in ``ready()``, and nothing else lists them.

A kind's code is what is stored with its artifacts, the kind of the jobs that write them, and the name of their task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.functional import Promise
from django.utils.module_loading import import_string

from library.jobs.job_run import JobRun
from rag.models import Document, IndexGeneration

STEPS = 4  # of a job: opened, two that the kind itself tells, stored
Content = Mapping[str, Any]


class Audience(Enum):
    """Whom content is made for."""

    EVERYBODY = "everybody"  # it is the library's, for all who may read the subject
    READER = "reader"  # whoever asked for it, alone


@dataclass(frozen=True)
class StudyMaterial:
    """What content is written from: what a document says, as it is read now."""

    document: Document
    generation: IndexGeneration
    language: str


class IndexReplaced(Exception):
    """The document was read anew: what was written so far quotes pages that are gone."""


Write = Callable[[JobRun, StudyMaterial], Content]


@dataclass(frozen=True)
class ArtifactKind:
    """``write`` and ``schema`` are dotted names, so that nothing heavy is imported before it is used."""

    code: str
    app: str
    name: Promise
    done: Promise  # the last word of its job
    writer: str  # what readers are told that it was written by
    write: str  # a ``Write``; it tells steps 1 and 2, and may raise ``IndexReplaced`` or a ``LibraryError``
    schema: str  # a serializer: the shape of its content, in the database and in the API
    template: str  # shows one artifact of it that is ready; context: artifact, book, user
    audience: Audience = Audience.EVERYBODY
    needs: tuple[str, ...] = ()  # codes of the kinds that must be ready first

    def content_from(self, run: JobRun, material: StudyMaterial) -> Content:
        """Content written from ``material``, in the shape that was promised.

        Errors: those of the writer; ``ValueError`` where what it wrote has another shape.
        """
        write: Write = import_string(self.write)
        content = write(run, material)
        schema = self.serializer(data=content)
        if not schema.is_valid():
            raise ValueError(f"{self.write} wrote no {self.code}: {schema.errors}")
        return content

    @property
    def serializer(self) -> Any:
        """The class that ``schema`` names."""
        return import_string(self.schema)


_kinds: dict[str, ArtifactKind] = {}


def register(kind: ArtifactKind) -> ArtifactKind:
    """Make a kind known. Errors: ``ValueError`` where another app has one of its code, or it needs one that is not
    known."""
    known = _kinds.get(kind.code, kind)
    if known.app != kind.app:
        raise ValueError(f"The artifact kind {kind.code} belongs to {known.app}.")
    missing = [code for code in kind.needs if code not in _kinds]
    if missing:
        raise ValueError(f"The artifact kind {kind.code} needs {', '.join(missing)}, which no app registers before it.")
    _kinds[kind.code] = kind
    return kind


def get(code: str) -> ArtifactKind:
    """Errors: ``KeyError``."""
    return _kinds[code]


def registered() -> tuple[ArtifactKind, ...]:
    """All of them, each behind those that it needs."""
    return tuple(_kinds.values())


def made_for_everybody() -> tuple[ArtifactKind, ...]:
    """Those that the library makes by itself of everything that can be studied."""
    return tuple(kind for kind in registered() if kind.audience is Audience.EVERYBODY)


def choices() -> list[tuple[str, Promise]]:
    """For forms and filters."""
    return [(kind.code, kind.name) for kind in registered()]
