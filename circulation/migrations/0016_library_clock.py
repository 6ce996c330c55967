"""By which clock open loans are due: that of the settings until now."""

from django.conf import settings
from django.db import migrations, models


AS_NOW = "INSERT INTO circulation_libraryclock (id, time_zone) VALUES (1, %s)"


class Migration(migrations.Migration):

    dependencies = [
        ('circulation', '0015_copies_with_open_loans'),
    ]

    operations = [
        migrations.CreateModel(
            name='LibraryClock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('time_zone', models.CharField(max_length=60)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='library_clock_one_row')],
            },
        ),
        migrations.RunSQL([(AS_NOW, [settings.TIME_ZONE])], migrations.RunSQL.noop),
    ]
