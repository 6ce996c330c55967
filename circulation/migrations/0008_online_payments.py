
import django.db.models.deletion
import library.core.database.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_debt_limit'),
        ('circulation', '0007_till'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProviderEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.CharField(max_length=255, unique=True)),
                ('kind', models.CharField(max_length=80)),
                ('intent', models.CharField(blank=True, max_length=255)),
                ('refund_id', models.CharField(blank=True, max_length=255)),
                ('units', models.BigIntegerField(null=True)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('received_at', models.DateTimeField()),
                ('handled_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('handled_at', None)), fields=['intent'], name='provider_event_waiting')],
            },
        ),
        migrations.CreateModel(
            name='PaymentAttempt',
            fields=[
                ('id', models.UUIDField(default=library.core.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=200)),
                ('amount', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='amount')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('state', models.CharField(choices=[('new', 'begun'), ('open', 'at the provider'), ('paid', 'paid'), ('failed', 'failed'), ('ended', 'ended')], default='new', max_length=8, verbose_name='state')),
                ('provider_id', models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ('intent', models.CharField(blank=True, db_index=True, max_length=255)),
                ('url', models.URLField(blank=True, max_length=2000)),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='to look at')),
                ('created_at', models.DateTimeField(verbose_name='begun')),
                ('asked_at', models.DateTimeField(blank=True, null=True)),
                ('charges', models.ManyToManyField(blank=True, related_name='+', to='circulation.charge')),
                ('credit', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='attempt', to='circulation.credit')),
                ('patron', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.patron', verbose_name='reader')),
            ],
            options={
                'verbose_name': 'online payment',
                'verbose_name_plural': 'online payments',
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(condition=models.Q(('state__in', ['new', 'open'])), fields=['created_at'], name='attempt_waiting')],
                'constraints': [models.UniqueConstraint(fields=('patron', 'key'), name='attempt_once_per_key'), models.CheckConstraint(condition=models.Q(('state__in', ['new', 'open', 'paid', 'failed', 'ended'])), name='attempt_state_known'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='attempt_of_something'), models.CheckConstraint(condition=models.Q(models.Q(('credit__isnull', False), ('state', 'paid')), models.Q(models.Q(('state', 'paid'), _negated=True), ('credit', None)), _connector='OR'), name='attempt_paid_exactly_with_credit')],
            },
        ),
    ]
