"""The words of passages are read again where they are folded otherwise now: marks belong to letters, runs are cut anew.

Texts and vectors of meaning stay, so no index has to be rebuilt. A generation is one transaction: its passages and what
is counted of their terms change together, and triggers tell the library's count.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.db import connection, migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from library.search.cut import spaced

TOGETHER = 500
FORMER = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "’": "'"}
)
FORMER_WORD = re.compile(r"[^\W_]+")
FORMER_RUN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+")
SIGNS = re.compile(r"[+#]|\.net", re.IGNORECASE)
WRITE = """
UPDATE rag_passage AS passage SET word_count = made.words,
  vector = to_tsvector(lyceum_text_configuration(passage.language), made.folded)
FROM unnest(%s::bigint[], %s::text[], %s::integer[]) AS made(id, folded, words) WHERE passage.id = made.id
"""
FORGET = "DELETE FROM rag_generationterm WHERE generation_id = %s"
COUNT = """
INSERT INTO rag_generationterm (generation_id, lexeme, passages)
SELECT generation_id, term.lexeme, count(*) FROM rag_passage, unnest(vector) AS term
WHERE generation_id = %s GROUP BY generation_id, term.lexeme
"""
TOTAL = """
UPDATE rag_indexgeneration SET word_count =
  (SELECT coalesce(sum(word_count), 0) FROM rag_passage WHERE generation_id = %s) WHERE id = %s
"""


def formerly_spaced(text: str) -> str:
    """``text`` as its words were read before."""
    low = unicodedata.normalize("NFKD", text).casefold().translate(FORMER)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", low) if not unicodedata.combining(sign))
    bare = " ".join(FORMER_WORD.findall(plain))
    return " ".join(FORMER_RUN.sub(lambda run: f" {_pairs(run[0])} ", bare).split())


def _pairs(run: str) -> str:
    return " ".join(run[at : at + 2] for at in range(max(len(run) - 1, 1)))


def read_words_again(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    passages = apps.get_model("rag", "Passage").objects
    for generation in list(apps.get_model("rag", "IndexGeneration").objects.values_list("pk", flat=True)):
        with transaction.atomic(), connection.cursor() as cursor:
            changed = 0
            for rows in _otherwise(passages.filter(generation_id=generation)):
                ids, folded = [pk for pk, _text in rows], [text for _pk, text in rows]
                cursor.execute(WRITE, [ids, folded, [len(text.split()) for text in folded]])
                changed += len(rows)
            if changed:
                cursor.execute(FORGET, [generation])
                cursor.execute(COUNT, [generation])
                cursor.execute(TOTAL, [generation, generation])


def _otherwise(passages: Any) -> Iterator[list[tuple[int, str]]]:
    """In batches, the ids and words of passages that have other words now."""
    last = 0
    while batch := list(passages.filter(pk__gt=last).order_by("pk").values_list("pk", "text")[:TOGETHER]):
        last = batch[-1][0]
        told = [(pk, text) for pk, text in batch if not text.isascii() or SIGNS.search(text)]
        again = [(pk, spaced(text)) for pk, text in told if spaced(text) != formerly_spaced(text)]
        if again:
            yield again


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("rag", "0008_languages"), ("catalog", "0015_languages")]
    operations = [migrations.RunPython(read_words_again, migrations.RunPython.noop)]
