"""A barcode is one whatever its case and whatever nobody sees in it: the database compares what Python folded."""

import library.core.database.fields
from django.db import migrations, models


def fold_rows(apps, schema_editor):
    rows = apps.get_model("catalog", "Copy").objects.all()
    for old, new in library.core.database.fields.fold_stored(rows, of="barcode", column="barcode_folded"):
        print(f"\n  Two had the barcode {old!r}, written in two ways. The later one is now {new!r}: print its label anew.")


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0012_titles_by_weight'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='copy',
            name='copy_barcode_unique',
        ),
        migrations.AddField(
            model_name='copy',
            name='barcode_folded',
            field=library.core.database.fields.FoldedField(default='', editable=False, max_length=160, of='barcode'),
        ),
        migrations.RunPython(fold_rows, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='copy',
            constraint=models.UniqueConstraint(fields=('barcode_folded',), name='copy_barcode_unique', violation_error_message='Another copy already has this barcode.'),
        ),
        migrations.AddConstraint(
            model_name='copy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('barcode__regex', '[\\u0001-\\u001f\\u007f-\\u00a0\\u00ad\\u1680\\u180e\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufeff]'), _negated=True), models.Q(('barcode__regex', '^ |  | $'), _negated=True)), name='copy_barcode_seen'),
        ),
        migrations.AddConstraint(
            model_name='copy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('barcode_folded', ''), _negated=True), models.Q(('barcode_folded__regex', '[A-Z ]'), _negated=True), models.Q(('barcode__regex', '[^\\u0001-\\u007f]'), ('barcode_folded', models.Func(models.F('barcode'), output_field=models.TextField(), template='lower(replace(%(expressions)s, \' \', \'\') COLLATE "C")')), _connector='OR')), name='copy_barcode_folds'),
        ),
    ]
