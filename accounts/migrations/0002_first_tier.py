"""The one tier that every library starts with."""

from django.db import migrations


def make(apps, schema_editor):
    apps.get_model("accounts", "Tier").objects.get_or_create(code="reader", defaults={"name": "Reader"})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
