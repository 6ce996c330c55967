"""Which columns of the database name a person, and which of them nobody looks after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

from library.core.privacy import registry

# A person in another form than a foreign key: by id, card or address.
PERSON = (
    r"(user|person|patron|reader|member|actor|owner|subject|asker|recipient|sender|to)(_(id|uuid|key))?"
    r"|.*_by(_id)?|e?mail|.*_e?mail|address|card.*"
)
# Named alike, and no person: where a branch or the library stands, from whom its letters come; the app that placed a
# block; what a job works on; the first line of a letter.
NOBODY = frozenset(
    {
        "catalog.Branch.address",
        "profile.LibraryProfile.address",
        "profile.LibraryProfile.sender",
        "accounts.PatronBlock.owner",
        "jobs.Job.subject_id",
        "notices.LetterText.subject",
    }
)


def is_person(model: Any) -> bool:
    """Whether the rows of ``model`` are people: users, and what has a user as its key."""
    user = get_user_model()
    key = model._meta.pk
    return model is user or (isinstance(key, models.OneToOneField) and is_person(key.related_model))


def relations() -> Iterator[str]:
    """Every foreign key to a person, of any kind."""
    for model, field in _fields():
        if field.is_relation and is_person(field.related_model):
            yield _named(model, field)


def other_forms() -> Iterator[str]:
    """Every other column that names a person, by what it is called or is."""
    for model, field in _fields():
        is_called_so = re.fullmatch(PERSON, field.name) is not None
        holds_words = isinstance(field, models.CharField | models.UUIDField | models.TextField)
        if not field.is_relation and holds_words and (is_called_so or isinstance(field, models.EmailField)):
            name = _named(model, field)
            if name not in NOBODY:
                yield name


def missing() -> list[str]:
    """Columns that name a person and that no app looks after."""
    return sorted({*relations(), *other_forms()} - _registered())


def needless() -> list[str]:
    """Columns that are registered and that there are not."""
    return sorted(_registered() - {_named(model, field) for model, field in _fields()})


def silent() -> list[str]:
    """Apps with tables that say nothing of what they hold."""
    said = {holder.app for holder in registry.holders()}
    ours = {model._meta.app_label for model, _field in _fields() if not model.__module__.startswith("django.")}
    return sorted(ours - said)


def _registered() -> set[str]:
    return {name for holder in registry.holders() for name in holder.fields}


def _fields() -> Iterator[tuple[Any, Any]]:
    for model in apps.get_models():
        if not model._meta.proxy:
            for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
                yield model, field


def _named(model: Any, field: Any) -> str:
    return f"{model._meta.app_label}.{model.__name__}.{field.name}"
