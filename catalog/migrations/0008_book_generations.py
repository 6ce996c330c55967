"""Generations of book vectors that are being deleted, how texts were put together, and vectors that go with their book."""

import django.db.models.deletion
from django.db import migrations, models

CASCADE = """
DELETE FROM catalog_bookvector AS vector WHERE NOT EXISTS (SELECT FROM catalog_book WHERE id = vector.book_id);
ALTER TABLE catalog_bookvector ADD CONSTRAINT vector_of_a_book
  FOREIGN KEY (book_id) REFERENCES catalog_book (id) ON DELETE CASCADE;
ALTER TABLE catalog_bookvector ADD CONSTRAINT vector_of_a_generation
  FOREIGN KEY (generation_id) REFERENCES catalog_bookgeneration (id) ON DELETE CASCADE;
"""
NO_CASCADE = """
ALTER TABLE catalog_bookvector DROP CONSTRAINT vector_of_a_book, DROP CONSTRAINT vector_of_a_generation;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_moves_and_merges")]
    operations = [
        migrations.AddField("bookgeneration", "recipe", models.CharField(default="", max_length=40, verbose_name="recipe")),
        migrations.AlterField("bookgeneration", "model", models.CharField(max_length=120, verbose_name="model")),
        migrations.AlterField("bookgeneration", "dimensions", models.PositiveSmallIntegerField(verbose_name="dimensions")),
        migrations.AlterField("bookgeneration", "created_at", models.DateTimeField(auto_now_add=True, verbose_name="begun")),
        migrations.AlterField(
            "bookgeneration", "live_at", models.DateTimeField(blank=True, null=True, verbose_name="in use since")
        ),
        migrations.AlterField(
            "bookgeneration",
            "state",
            models.CharField(
                choices=[("building", "being built"), ("live", "answers searches"), ("retired", "being deleted")],
                default="building",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.RemoveConstraint("bookgeneration", "book_generation_one_per_state"),
        migrations.RemoveConstraint("bookgeneration", "book_generation_state_known"),
        migrations.AddConstraint(
            "bookgeneration",
            models.UniqueConstraint(
                condition=models.Q(state__in=["building", "live"]),
                fields=("state",),
                name="book_generation_one_per_state",
            ),
        ),
        migrations.AddConstraint(
            "bookgeneration",
            models.CheckConstraint(
                condition=models.Q(state__in=["building", "live", "retired"]), name="book_generation_state_known"
            ),
        ),
        migrations.AddConstraint(
            "bookgeneration",
            models.CheckConstraint(
                condition=~models.Q(state="live") | models.Q(live_at__isnull=False), name="book_generation_live_since"
            ),
        ),
        migrations.AlterField(
            "bookvector",
            "book",
            models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="vectors",
                to="catalog.book",
            ),
        ),
        migrations.AlterField(
            "bookvector",
            "generation",
            models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="vectors",
                to="catalog.bookgeneration",
            ),
        ),
        migrations.RunSQL(CASCADE, NO_CASCADE),
        migrations.RemoveConstraint("bookvector", "book_vector_once"),
        migrations.AddConstraint(
            "bookvector",
            models.UniqueConstraint(fields=("generation", "book"), include=("text_version",), name="book_vector_once"),
        ),
        migrations.AddIndex(
            "bookfacts", models.Index(fields=["book", "text_version"], name="facts_book_version")
        ),
        migrations.AddIndex("bookfacts", models.Index(fields=["text_version"], name="facts_version")),
    ]
