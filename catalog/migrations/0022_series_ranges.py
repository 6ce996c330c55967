"""A book may stand over several places of its series: an omnibus of volumes 1 to 3."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0021_no_year_0'),
    ]

    operations = [
        migrations.AddField(
            model_name='book',
            name='series_position_end',
            field=models.DecimalField(blank=True, decimal_places=2, editable=False, max_digits=6, null=True, verbose_name='last place in the series'),
        ),
        migrations.AddConstraint(
            model_name='book',
            constraint=models.CheckConstraint(condition=models.Q(('series_position_end', None), models.Q(('series_position__isnull', False), ('series_position_end__gt', models.F('series_position'))), _connector='OR'), name='book_position_end_after_start'),
        ),
    ]
