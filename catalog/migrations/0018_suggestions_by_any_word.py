"""Names are found by any of their words, and suggestions read indexes alone until they know what they show."""

import django.contrib.postgres.indexes
from django.db import migrations, models


WORDS = "to_tsvector('pg_catalog.simple'::regconfig, translate(sort_name, '.-/\'\'’', '     '))"
WITHIN = {
    "author_words": "catalog_author", "author_alias_words": "catalog_authoralias",
    "subject_words": "catalog_subject", "series_words": "catalog_series",
}


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0017_filing'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='author',
            name='author_starts',
        ),
        migrations.RemoveIndex(
            model_name='authoralias',
            name='author_alias_starts',
        ),
        migrations.RemoveIndex(
            model_name='book',
            name='book_title_starts',
        ),
        migrations.RemoveIndex(
            model_name='series',
            name='series_starts',
        ),
        migrations.RemoveIndex(
            model_name='subject',
            name='subject_starts',
        ),
        migrations.AddIndex(
            model_name='author',
            index=models.Index(django.contrib.postgres.indexes.OpClass(models.F('sort_name'), name='text_pattern_ops'), include=('id',), name='author_starts'),
        ),
        migrations.AddIndex(
            model_name='authoralias',
            index=models.Index(django.contrib.postgres.indexes.OpClass(models.F('sort_name'), name='text_pattern_ops'), include=('author', 'name'), name='author_alias_starts'),
        ),
        migrations.AddIndex(
            model_name='authorship',
            index=models.Index(fields=['author', 'book'], name='authorship_books'),
        ),
        migrations.AddIndex(
            model_name='book',
            index=models.Index(django.contrib.postgres.indexes.OpClass(models.F('sort_title'), name='text_pattern_ops'), include=('id', 'popularity', 'is_suppressed'), name='book_title_starts'),
        ),
        migrations.AddIndex(
            model_name='book',
            index=models.Index(condition=models.Q(('is_suppressed', True)), fields=['id'], name='book_hidden'),
        ),
        migrations.AddIndex(
            model_name='series',
            index=models.Index(django.contrib.postgres.indexes.OpClass(models.F('sort_name'), name='text_pattern_ops'), include=('id',), name='series_starts'),
        ),
        migrations.AddIndex(
            model_name='subject',
            index=models.Index(django.contrib.postgres.indexes.OpClass(models.F('sort_name'), name='text_pattern_ops'), include=('id',), name='subject_starts'),
        ),
        migrations.RunSQL(
            "CREATE INDEX book_subjects_by_subject ON catalog_book_subjects (subject_id, book_id)",
            "DROP INDEX book_subjects_by_subject",
        ),
        *(
            migrations.RunSQL(f"CREATE INDEX {name} ON {table} USING gin ({WORDS})", f"DROP INDEX {name}")
            for name, table in WITHIN.items()
        ),
    ]
