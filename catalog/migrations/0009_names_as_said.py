"""Names are found by their beginning as a title page has them too: "charles d…" for what is filed as "darwin, charles"."""

from django.db import migrations

GIVEN_FIRST = "btrim(split_part(sort_name, ', ', 2) || ' ' || split_part(sort_name, ', ', 1))"
INDEXES = {"author_given_starts": "catalog_author", "author_alias_given_starts": "catalog_authoralias"}


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_book_generations")]
    operations = [
        migrations.RunSQL(
            f"CREATE INDEX {name} ON {table} (({GIVEN_FIRST}) text_pattern_ops)", f"DROP INDEX {name}"
        )
        for name, table in INDEXES.items()
    ]
