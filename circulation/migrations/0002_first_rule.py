"""The row for everyone that the library is shipped with: 14 days, 3 loans."""

from django.db import migrations


def make(apps, schema_editor):
    apps.get_model("circulation", "LoanRule").objects.get_or_create(
        branch=None, tier=None, defaults={"loan_period": 14, "max_loans": 3}
    )


class Migration(migrations.Migration):
    dependencies = [("circulation", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
