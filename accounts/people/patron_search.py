"""Who is meant by what staff type: an address, a username, or a name as it was heard."""

from __future__ import annotations

from datetime import date

from django.db.models import BooleanField, F, Func, Q, QuerySet, TextField, Value

from accounts.models import Patron
from accounts.people.nobody import NOBODY
from library.search.fold import words

MOST_WORDS = 8
MOST_NAMESAKES = 50


class HasWords(Func):
    """Whether words between single spaces hold those of a ``tsquery``, by the index of ``User.name_words``."""

    template = "array_to_tsvector(string_to_array(%(expressions)s::tsquery"
    arg_joiner = ", ' ')) @@ "
    output_field = BooleanField()


def people_like(typed: str, *, most: int) -> list[Patron]:
    """Patrons with this e-mail address or username or, where nobody has, those in whose names each word of ``typed``
    begins a word, whatever the accents; by name, at most ``most`` of them. Two look-ups, both by an index."""
    typed = typed.strip()
    found = list(_patrons().filter(Q(user__email__iexact=typed) | Q(user__username__iexact=typed))[:most])
    asked = words(typed).split()[:MOST_WORDS]
    if found or "@" in typed or not any(letter.isalpha() for word in asked for letter in word):
        return found
    return list(named(*asked)[:most])


def named(*beginnings: str) -> QuerySet[Patron]:
    """Patrons in whose names each of these folded words begins a word; by name."""
    prefixes = " & ".join(f"'{word}':*" for word in beginnings)
    return _patrons().filter(HasWords(F("user__name_words"), Value(prefixes, output_field=TextField())))


def namesakes(full_name: str, birth_date: date | None) -> list[Patron]:
    """Patrons whose names are the same words, in any order, and whose dates of birth, as far as both are known, are the
    same: perhaps the same person."""
    asked = sorted(words(full_name).split())
    alike = people_like(" ".join(asked), most=MOST_NAMESAKES) if asked else []
    same = [one for one in alike if sorted(one.user.name_words.split()) == asked]
    return [one for one in same if not (birth_date and one.birth_date) or one.birth_date == birth_date]


def _patrons() -> QuerySet[Patron]:
    return (
        Patron.objects.exclude(pk=NOBODY)
        .select_related("user", "tier")
        .order_by("user__full_name", "birth_date", "card_number")
    )
