"""What the database keeps by itself about lending, and the rows that every library starts with."""

from pathlib import Path

from django.conf import settings
from django.db import migrations

SQL = Path(__file__).with_name("sql")


def make_first_rows(apps, schema_editor):
    """The rule for everyone; the settings of lending; the clock by which loans are due."""
    apps.get_model("circulation", "LoanRule").objects.create(
        branch=None, tier=None, loan_period=14, max_loans=3, renewals_allowed=2
    )
    apps.get_model("circulation", "LendingSettings").objects.create(pk=1)
    apps.get_model("circulation", "LibraryClock").objects.create(pk=1, time_zone=settings.TIME_ZONE)


class Migration(migrations.Migration):
    dependencies = [("circulation", "0001_initial"), ("accounts", "0001_initial"), ("catalog", "0002_functions_and_triggers")]
    operations = [
        migrations.RunSQL((SQL / "functions.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "triggers.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunPython(make_first_rows, migrations.RunPython.noop),
    ]
