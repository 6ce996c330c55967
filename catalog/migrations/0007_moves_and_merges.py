"""Records that went into others, and the moves of a copy's status that the database lets through.

The moves are ``catalog.copy_status.pairs()`` as they were when this was written; a test holds the two together.
"""

import django.db.models.deletion
from django.db import migrations, models

MOVES = """
available>damaged available>in_repair available>in_transit available>lost available>missing available>on_loan
available>on_shelf_for_hold available>requested available>withdrawn damaged>available damaged>in_repair damaged>lost
damaged>missing damaged>on_loan damaged>withdrawn in_repair>available in_repair>damaged in_repair>lost
in_repair>missing in_repair>on_loan in_repair>withdrawn in_transit>available in_transit>damaged in_transit>lost
in_transit>missing in_transit>on_loan in_transit>on_shelf_for_hold lost>available lost>damaged lost>in_repair
lost>in_transit lost>missing lost>on_loan lost>on_shelf_for_hold lost>withdrawn missing>available missing>damaged
missing>in_repair missing>in_transit missing>lost missing>on_loan missing>on_shelf_for_hold missing>withdrawn
on_loan>available on_loan>damaged on_loan>in_repair on_loan>in_transit on_loan>withdrawn on_loan>lost on_loan>missing on_loan>on_shelf_for_hold
on_shelf_for_hold>available on_shelf_for_hold>damaged on_shelf_for_hold>in_transit on_shelf_for_hold>missing
on_shelf_for_hold>on_loan requested>available requested>damaged requested>in_transit requested>missing
requested>on_loan requested>on_shelf_for_hold withdrawn>available withdrawn>damaged withdrawn>in_repair
""".split()
CREATE = f"""
CREATE FUNCTION lyceum_copy_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (OLD.status || '>' || NEW.status) = ANY('{{{",".join(MOVES)}}}'::text[]) THEN
    RAISE EXCEPTION 'a copy that is % cannot become %', OLD.status, NEW.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'copy_status_moves', TABLE = 'catalog_copy';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER copy_moves BEFORE UPDATE OF status ON catalog_copy
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION lyceum_copy_moves();
"""
DROP = """
DROP TRIGGER copy_moves ON catalog_copy;
DROP FUNCTION lyceum_copy_moves();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_index_triggers")]
    operations = [
        migrations.CreateModel(
            name="BookMerge",
            fields=[
                ("old_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("title", models.CharField(max_length=500)),
                ("merged_at", models.DateTimeField(auto_now_add=True)),
                ("book", models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="merges", to="catalog.book"
                )),
            ],
            options={
                "verbose_name": "merged record",
                "verbose_name_plural": "merged records",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("old_id", models.F("book")), _negated=True), name="book_merge_into_another"
                    )
                ],
            },
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
