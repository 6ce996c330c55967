"""A card number is one whatever its case and whatever nobody sees in it: the database compares what Python folded."""

import library.core.database.fields
from django.db import migrations, models


def fold_rows(apps, schema_editor):
    rows = apps.get_model("accounts", "Patron").objects.all()
    for old, new in library.core.database.fields.fold_stored(rows, of="card_number", column="card_folded"):
        print(f"\n  Two had the card number {old!r}, written in two ways. The later one is now {new!r}: print its label anew.")


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_lending_facts_of_patrons'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='patron',
            name='patron_card_unique',
        ),
        migrations.AddField(
            model_name='patron',
            name='card_folded',
            field=library.core.database.fields.FoldedField(default='', editable=False, max_length=160, of='card_number'),
        ),
        migrations.RunPython(fold_rows, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='patron',
            constraint=models.UniqueConstraint(fields=('card_folded',), name='patron_card_unique', violation_error_message='This card is in use.'),
        ),
        migrations.AddConstraint(
            model_name='patron',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('card_number__regex', '[\\u0001-\\u001f\\u007f-\\u00a0\\u00ad\\u1680\\u180e\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufeff]'), _negated=True), models.Q(('card_number__regex', '^ |  | $'), _negated=True)), name='patron_card_seen'),
        ),
        migrations.AddConstraint(
            model_name='patron',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('card_folded', ''), _negated=True), models.Q(('card_folded__regex', '[A-Z ]'), _negated=True), models.Q(('card_number__regex', '[^\\u0001-\\u007f]'), ('card_folded', models.Func(models.F('card_number'), output_field=models.TextField(), template='lower(replace(%(expressions)s, \' \', \'\') COLLATE "C")')), _connector='OR')), name='patron_card_folds'),
        ),
    ]
