"""Columns that hold what another column is compared by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from library.core.typed import bare, folded

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


def fold_stored(rows: models.QuerySet[Any], *, of: str, column: str, at_once: int = 2_000) -> list[tuple[str, str]]:
    """For a migration: writes ``of`` as it is kept from now on and ``column`` beside it, in all rows by their key.

    Two numbers that are now the same are not made one: the later gets ``-2`` behind it. Returns those, old and new.
    """
    taken: set[str] = set()
    renamed = []
    pks = list(rows.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), at_once):
        batch = list(rows.filter(pk__in=pks[start : start + at_once]).order_by("pk").only("pk", of, column))
        for row in batch:
            before = getattr(row, of)
            number = _free(before, taken)
            if bare(before) != number:
                renamed.append((before, number))
            taken.add(folded(number))
            setattr(row, of, number)
            setattr(row, column, folded(number))
        rows.bulk_update(batch, [of, column])
    return renamed


def _free(number: str, taken: set[str]) -> str:
    kept = bare(number) or "0"
    tries = (kept, *(f"{kept[:30]}-{again}" for again in range(2, len(taken) + 3)))
    return next(one for one in tries if folded(one) not in taken)
