"""Loans so far were lent where their copies belong; the shipped row gets its two renewals; the settings get their row."""

from django.db import migrations, models


def fill(apps, schema_editor):
    Loan, Copy = apps.get_model("circulation", "Loan"), apps.get_model("catalog", "Copy")
    home = Copy.objects.filter(pk=models.OuterRef("copy_id")).values("branch_id")[:1]
    Loan.objects.filter(branch=None).update(branch_id=models.Subquery(home))
    apps.get_model("circulation", "LoanRule").objects.filter(
        branch=None, tier=None, item_type=None, renewals_allowed=None
    ).update(renewals_allowed=2)
    apps.get_model("circulation", "LendingSettings").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("circulation", "0004_calendar_and_matrix")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
