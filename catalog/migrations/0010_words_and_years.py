"""What is searched is bare words, so that "J.K." and "1914-1918" are read alike in records and in queries."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from library.search.fold import words

COLUMNS = ("search_a", "search_b", "search_c", "search_d")
TOGETHER = 1000


def bare_words(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Read again what was folded with its signs."""
    books = apps.get_model("catalog", "Book")
    last = 0
    while rows := list(books.objects.filter(pk__gt=last).only(*COLUMNS).order_by("pk")[:TOGETHER]):
        last = rows[-1].pk
        changed = [book for book in rows if _read_again(book)]
        books.objects.bulk_update(changed, COLUMNS)


def _read_again(book: models.Model) -> bool:
    before = [getattr(book, column) for column in COLUMNS]
    after = [words(text) for text in before]
    for column, text in zip(COLUMNS, after, strict=True):
        setattr(book, column, text)
    return before != after


class Migration(migrations.Migration):
    dependencies = [("catalog", "0009_names_as_said")]
    operations = [
        migrations.AddIndex(
            model_name="bookfacts",
            index=models.Index(models.F("year").desc(nulls_last=True), models.F("book").desc(), name="facts_year"),
        ),
        migrations.RunPython(bare_words, migrations.RunPython.noop),
    ]
