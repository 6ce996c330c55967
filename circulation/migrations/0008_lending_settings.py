"""The one row of the library's lending settings, as shipped: it is changed, never added.

The check let one number of a popular book stand without the other: where a part of it is NULL, PostgreSQL is content.
"""

from django.db import migrations, models


def make(apps, schema_editor):
    apps.get_model("circulation", "LendingSettings").objects.get_or_create(pk=1)


class Migration(migrations.Migration):

    dependencies = [
        ('circulation', '0007_redating_and_version'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='lendingsettings',
            name='lending_high_demand_both_or_neither',
        ),
        migrations.AddConstraint(
            model_name='lendingsettings',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('high_demand_days', None), ('high_demand_holds', None)), models.Q(('high_demand_days__gte', 1), ('high_demand_days__isnull', False), ('high_demand_holds__gte', 1), ('high_demand_holds__isnull', False)), _connector='OR'), name='lending_high_demand_both_or_neither', violation_error_message='Say both how many holds and how many days, or neither; at least 1 each.'),
        ),
        migrations.RunPython(make, migrations.RunPython.noop),
    ]
