"""How often the due date of a loan moved, and when last, kept by the database."""

from django.db import migrations, models

COUNT = """
CREATE FUNCTION circulation_due_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.due_changes := OLD.due_changes + 1;
    NEW.due_changed_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER due_moved BEFORE UPDATE OF due_at ON circulation_loan
    FOR EACH ROW WHEN (NEW.due_at IS DISTINCT FROM OLD.due_at) EXECUTE FUNCTION circulation_due_moved();
"""
FORGET = "DROP TRIGGER due_moved ON circulation_loan; DROP FUNCTION circulation_due_moved();"


class Migration(migrations.Migration):
    dependencies = [("circulation", "0017_numbers_scanned_once")]

    operations = [
        migrations.AddField("loan", "due_changes", models.PositiveIntegerField(db_default=0, default=0, editable=False)),
        migrations.AddField("loan", "due_changed_at", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.RunSQL("UPDATE circulation_loan SET due_changes = renewals, due_changed_at = renewed_at", "SELECT 1"),
        migrations.RunSQL(COUNT, FORGET),
    ]
