"""Titles that begin with a quotation mark or another sign are filed by their first letter."""

from django.db import migrations
from django.db.migrations.state import StateApps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from catalog.values.filing import sort_title

TOGETHER = 1000


def file_again(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    books = apps.get_model("catalog", "Book").objects.filter(sort_title__regex=r"^[^[:alnum:]]").order_by("pk")
    last = 0
    while rows := list(books.filter(pk__gt=last).only("pk", "title", "language", "sort_title")[:TOGETHER]):
        for row in rows:
            row.sort_title = sort_title(row.title, row.language)
        books.model.objects.bulk_update(rows, ["sort_title"])
        last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_words_and_years")]
    operations = [migrations.RunPython(file_again, migrations.RunPython.noop)]
