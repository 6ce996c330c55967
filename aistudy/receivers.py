"""What aistudy does when something happens below it. Connected in ``ready()``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from accounts.models import User
from aistudy import services
from aistudy.models import Artifact
from library.jobs.models import Job
from library.jobs.signals import job_ended
from rag.models import Document, IndexGeneration
from rag.signals import document_merging, index_deleted, index_ready


@receiver(index_ready, dispatch_uid="aistudy.study_new_index")
def study_new_index(
    *,
    document: Document,
    generation: IndexGeneration,
    requested_by: UUID | None = None,
    same_pages: bool = False,
    **kwargs: Any,
) -> None:
    """A document was read: have made what everybody can study it with, unless every page says what it did. In the
    transaction that puts the index live."""
    if same_pages and services.keep_content(document=document, generation=generation):
        return
    by = User.objects.filter(pk=requested_by).first() if requested_by else None
    services.start_all(document=document, by=by)


@receiver(index_deleted, dispatch_uid="aistudy.delete_library_content")
def delete_library_content(*, document: Document, **kwargs: Any) -> None:
    """What the library made from an index goes with it; what readers made for themselves stays, out of date."""
    services.delete_library_content(document=document)


@receiver(job_ended, dispatch_uid="aistudy.after_job")
def after_job(*, job: Job, **kwargs: Any) -> None:
    """The artifact follows its job."""
    if job.subject_label == Artifact._meta.label_lower:
        services.after_job(job=job)


@receiver(document_merging, dispatch_uid="aistudy.keep_own_work")
def keep_own_work(*, document: Document, kept: Document | None, **kwargs: Any) -> None:
    """What readers had made for themselves goes along to the document that stays."""
    services.move_own_work(document=document, kept=kept)
