from __future__ import annotations

import pgvector.django
from django.db import migrations


def leave_out_half_made(apps, schema_editor):
    """What is half read is read again, by the job that began it: pages under way are kept in another shape now."""
    apps.get_model("rag", "IndexGeneration").objects.filter(state="building").delete()
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else the table cannot be altered in this transaction


class Migration(migrations.Migration):
    dependencies = [("rag", "0006_no_raw_text")]
    operations = [
        migrations.RunPython(leave_out_half_made, migrations.RunPython.noop),
        migrations.AlterField("passage", "embedding", pgvector.django.VectorField()),
    ]
