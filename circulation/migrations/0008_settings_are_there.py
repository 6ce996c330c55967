"""The one row of the library's lending settings, as shipped: it is changed, never added."""

from django.db import migrations


def make(apps, schema_editor):
    apps.get_model("circulation", "LendingSettings").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("circulation", "0007_redating_and_version")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
