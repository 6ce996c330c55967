"""Columns that hold what another column is compared by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from library.core.typed import folded

LONGEST_FOLDED = 160  # of 40 letters; one letter may become three

if TYPE_CHECKING:  # generic only for the type checker
    TextColumn = models.CharField[str, str]
else:
    TextColumn = models.CharField


class FoldedField(TextColumn):
    """The number in the field ``of``, folded (``library.core.typed``); written with it, whoever saves the row.

    What is looked up is folded as well: ``Copy.objects.filter(barcode_folded=scanned)``. Whoever names fields to save
    names both.
    """

    def __init__(self, *args: Any, of: str, **kwargs: Any) -> None:
        self.of = of
        own: dict[str, Any] = {"max_length": LONGEST_FOLDED, "editable": False, "default": ""}
        super().__init__(*args, **own | kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = folded(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        return folded(value) if isinstance(value, str) else value


def seen_only(column: str) -> models.Q:
    """The check that a number has no sign that nobody sees, and blanks only one at a time and within."""
    unseen = r"[\u0001-\u001f\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
    ragged = r"^ |  | $"
    return ~models.Q(**{f"{column}__regex": unseen}) & ~models.Q(**{f"{column}__regex": ragged})


def folds(column: str, of: str) -> models.Q:
    """The check that ``column`` is ``of`` folded, as far as the database can tell: it does for plain letters."""
    lower = """lower(replace(%(expressions)s, ' ', '') COLLATE "C")"""
    plain = models.Func(models.F(of), template=lower, output_field=models.TextField())
    return (
        ~models.Q(**{column: ""})
        & ~models.Q(**{f"{column}__regex": "[A-Z ]"})
        & (models.Q(**{f"{of}__regex": r"[^\u0001-\u007f]"}) | models.Q(**{column: plain}))
    )
