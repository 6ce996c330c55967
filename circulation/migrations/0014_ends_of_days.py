"""A day ends with its last moment, and so do the loans that were due at 23:59:00 by the library's clock."""

from django.conf import settings
from django.db import migrations

TO_THE_END = """
UPDATE circulation_loan SET due_at = due_at + interval '59.999999 seconds'
WHERE NOT is_hourly AND (due_at AT TIME ZONE %s)::time = '23:59'
"""


class Migration(migrations.Migration):
    dependencies = [("circulation", "0013_bounded_values")]
    operations = [migrations.RunSQL([(TO_THE_END, [settings.TIME_ZONE])], migrations.RunSQL.noop)]
