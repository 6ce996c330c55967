"""A language without two letters has three."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rag', '0007_vectors_at_once'),
    ]

    operations = [
        migrations.AlterField(
            model_name='indexgeneration',
            name='language',
            field=models.CharField(blank=True, help_text='Of most of its passages, detected.', max_length=3),
        ),
        migrations.AlterField(
            model_name='passage',
            name='language',
            field=models.CharField(blank=True, max_length=3),
        ),
    ]
