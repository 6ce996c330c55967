import django.db.models.deletion
import library.core.database.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('circulation', '0006_ledger'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TillClosing',
            fields=[
                ('id', models.UUIDField(default=library.core.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('closed_at', models.DateTimeField(verbose_name='closed')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='note')),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
            ],
            options={
                'verbose_name': 'till closing',
                'verbose_name_plural': 'till closings',
                'ordering': ['-closed_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='TillCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('expected', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='expected')),
                ('counted', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='counted')),
                ('closing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='circulation.tillclosing')),
                ('payment_kind', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='circulation.paymentkind')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['closing', 'payment_kind__name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='TillEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('closing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='circulation.tillclosing')),
                ('credit', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='till_entry', to='circulation.credit')),
                ('refund', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='till_entry', to='circulation.refund')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('credit', None), ('refund__isnull', False)), models.Q(('credit__isnull', False), ('refund', None)), _connector='OR'), name='till_entry_of_one')],
            },
        ),
    ]
