"""A language without two letters has three."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('aistudy', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='artifact',
            name='language',
            field=models.CharField(max_length=3, verbose_name='language'),
        ),
    ]
