from pathlib import Path

import django.db.models.deletion
import django.db.models.expressions
import library.core.database.ids
from django.conf import settings
from django.db import migrations, models


SQL = Path(__file__).with_name("sql")


def make_kinds(apps, schema_editor):
    """Money comes in some way from the first day on."""
    kinds = apps.get_model("circulation", "PaymentKind")
    for code, name, is_counted in (("cash", "Cash", True), ("card", "Card", True), ("online", "Online", False)):
        kinds.objects.create(code=code, name=name, is_counted=is_counted)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_debt_limit'),
        ('circulation', '0005_fine_rules'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LedgerAccount',
            fields=[
                ('patron', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='accounts.patron')),
            ],
        ),
        migrations.CreateModel(
            name='PaymentKind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=20, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=60, unique=True, verbose_name='name')),
                ('is_counted', models.BooleanField(default=True, help_text='As cash is; what comes in online is not.', verbose_name='counted at the end of the day')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
            options={
                'verbose_name': 'kind of payment',
                'verbose_name_plural': 'kinds of payment',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Charge',
            fields=[
                ('id', models.UUIDField(default=library.core.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('fine', 'overdue'), ('lost', 'lost copy'), ('processing', 'replacing a lost copy'), ('fee', 'fee')], max_length=12, verbose_name='kind')),
                ('amount', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='amount')),
                ('settled', models.DecimalField(db_default=0, decimal_places=3, default=0, editable=False, max_digits=14, verbose_name='settled')),
                ('text', models.CharField(blank=True, max_length=300, verbose_name='for')),
                ('at', models.DateTimeField(verbose_name='since')),
                ('is_running', models.BooleanField(db_default=False, default=False, verbose_name='still running')),
                ('due_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('counted_until', models.DateTimeField(blank=True, editable=False, null=True)),
                ('units', models.PositiveIntegerField(blank=True, editable=False, null=True)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('loan', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='circulation.loan')),
                ('patron', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='accounts.patron', verbose_name='reader')),
            ],
            options={
                'verbose_name': 'charge',
                'verbose_name_plural': 'charges',
                'ordering': ['-at', '-id'],
                'permissions': [('waive_charge', 'Can waive what readers owe'), ('move_fines', 'Can let an edit of the calendar move fines that run')],
            },
        ),
        migrations.CreateModel(
            name='Credit',
            fields=[
                ('id', models.UUIDField(default=library.core.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('payment', 'payment'), ('waiver', 'waiver'), ('cancellation', 'cancelled')], max_length=12, verbose_name='kind')),
                ('amount', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='amount')),
                ('used', models.DecimalField(db_default=0, decimal_places=3, default=0, editable=False, max_digits=14, verbose_name='used')),
                ('refunded', models.DecimalField(db_default=0, decimal_places=3, default=0, editable=False, max_digits=14, verbose_name='refunded')),
                ('number', models.PositiveIntegerField(blank=True, null=True, unique=True, verbose_name='receipt')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('patron', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credits', to='accounts.patron', verbose_name='reader')),
                ('payment_kind', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='circulation.paymentkind', verbose_name='kind of payment')),
            ],
            options={
                'verbose_name': 'credit',
                'verbose_name_plural': 'payments and credits',
                'ordering': ['-at', '-id'],
                'permissions': [('refund_credit', 'Can pay money back'), ('close_till', 'Can close the till')],
            },
        ),
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.UUIDField(default=library.core.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('amount', models.DecimalField(decimal_places=3, max_digits=14)),
                ('at', models.DateTimeField()),
                ('charge', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='circulation.charge')),
                ('credit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='circulation.credit')),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ReceiptNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('last', models.PositiveIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='receipt_number_one_row')],
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.UUIDField(default=library.core.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('amount', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='amount')),
                ('number', models.PositiveIntegerField(unique=True, verbose_name='receipt')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('provider_id', models.CharField(blank=True, max_length=120, null=True, unique=True)),
                ('at', models.DateTimeField(verbose_name='when')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('credit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='circulation.credit', verbose_name='payment')),
                ('payment_kind', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='circulation.paymentkind', verbose_name='kind of payment')),
            ],
            options={
                'verbose_name': 'refund',
                'verbose_name_plural': 'refunds',
                'ordering': ['-at', '-id'],
            },
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(fields=['patron', '-at'], name='charge_patron'),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(condition=models.Q(('settled__lt', models.F('amount'))), fields=['patron'], name='charge_open_patron'),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(condition=models.Q(('is_running', True)), fields=['patron'], name='charge_running_patron'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['fine', 'lost', 'processing', 'fee'])), name='charge_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='charge_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'fine'), ('amount__gt', 0), _connector='OR'), name='charge_of_something'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(('settled__gte', 0), ('settled__lte', models.F('amount'))), name='charge_settled_within_amount'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(('is_running', False), models.Q(('due_at__isnull', False), ('kind', 'fine'), ('loan__isnull', False)), _connector='OR'), name='charge_runs_only_as_a_fine'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.UniqueConstraint(condition=models.Q(('is_running', True)), fields=('loan',), name='charge_one_runs_per_loan'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='allocation_of_something'),
        ),
        migrations.AddIndex(
            model_name='credit',
            index=models.Index(fields=['patron', '-at'], name='credit_patron'),
        ),
        migrations.AddIndex(
            model_name='credit',
            index=models.Index(condition=models.Q(('amount__gt', django.db.models.expressions.CombinedExpression(models.F('used'), '+', models.F('refunded')))), fields=['patron'], name='credit_free_patron'),
        ),
        migrations.AddConstraint(
            model_name='credit',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['payment', 'waiver', 'cancellation'])), name='credit_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='credit',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='credit_of_something'),
        ),
        migrations.AddConstraint(
            model_name='credit',
            constraint=models.CheckConstraint(condition=models.Q(('refunded__gte', 0), ('used__gte', 0), ('amount__gte', django.db.models.expressions.CombinedExpression(models.F('used'), '+', models.F('refunded')))), name='credit_spent_once'),
        ),
        migrations.AddConstraint(
            model_name='credit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'payment'), ('number__isnull', False), ('payment_kind__isnull', False)), models.Q(models.Q(('kind', 'payment'), _negated=True), ('number', None), ('payment_kind', None), ('refunded', 0)), _connector='OR'), name='credit_paid_by_some_kind'),
        ),
        migrations.AddConstraint(
            model_name='credit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'waiver'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='credit_waived_with_reason'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='refund_of_something'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='refund_with_reason'),
        ),
        migrations.RunSQL((SQL / "ledger.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunPython(make_kinds, migrations.RunPython.noop),
    ]
