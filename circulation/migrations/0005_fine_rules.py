
import django.core.validators
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_debt_limit'),
        ('catalog', '0004_item_type_price'),
        ('circulation', '0004_reminder_days'),
    ]

    operations = [
        migrations.AddField(
            model_name='lendingsettings',
            name='lost_processing_fee',
            field=models.DecimalField(blank=True, decimal_places=3, help_text='Charged beside the price of the copy. Empty: none.', max_digits=8, null=True, verbose_name='fee for replacing a lost copy'),
        ),
        migrations.AddField(
            model_name='lendingsettings',
            name='max_total_fines',
            field=models.DecimalField(blank=True, decimal_places=3, help_text='Of all loans that are still out, paid or not. Empty: without limit.', max_digits=8, null=True, verbose_name='highest sum of a reader’s fines'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='cap_at_replacement_price',
            field=models.BooleanField(blank=True, null=True, verbose_name='never more than the copy’s price'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='fine_amount',
            field=models.DecimalField(blank=True, decimal_places=3, help_text='Empty: a less specific row decides.', max_digits=8, null=True, verbose_name='fine for each period'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='fine_cap',
            field=models.DecimalField(blank=True, decimal_places=3, help_text='-1: unlimited. Empty: a less specific row decides.', max_digits=8, null=True, verbose_name='highest fine'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='fine_charge_at',
            field=models.CharField(blank=True, choices=[('start', 'as a period begins'), ('end', 'when a period is over')], max_length=8, null=True, verbose_name='a period costs'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='fine_period',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Empty: a less specific row decides.', null=True, validators=[django.core.validators.MaxValueValidator(3650, 'At most 3,650.')], verbose_name='fine period'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='fine_skips_closed_days',
            field=models.BooleanField(blank=True, null=True, verbose_name='closed days cost nothing'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='grace_counts_once_exceeded',
            field=models.BooleanField(blank=True, null=True, verbose_name='grace counts once it is exceeded'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='grace_period',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Empty: a less specific row decides.', null=True, validators=[django.core.validators.MaxValueValidator(3650, 'At most 3,650.')], verbose_name='grace period'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='max_suspension_days',
            field=models.IntegerField(blank=True, help_text='-1: unlimited. Empty: a less specific row decides.', null=True, validators=[django.core.validators.MaxValueValidator(3650, 'At most 3,650.')], verbose_name='longest suspension (days)'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='suspension_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Empty: a less specific row decides.', null=True, validators=[django.core.validators.MaxValueValidator(3650, 'At most 3,650.')], verbose_name='days of suspension for each period, in place of money'),
        ),
        migrations.AddConstraint(
            model_name='lendingsettings',
            constraint=models.CheckConstraint(condition=models.Q(('max_total_fines', None), ('max_total_fines__range', (0, Decimal('99999'))), _connector='OR'), name='lending_max_total_fines_sane', violation_error_message='At most 99,999.'),
        ),
        migrations.AddConstraint(
            model_name='lendingsettings',
            constraint=models.CheckConstraint(condition=models.Q(('lost_processing_fee', None), ('lost_processing_fee__range', (0, Decimal('99999'))), _connector='OR'), name='lending_processing_fee_sane', violation_error_message='At most 99,999.'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('fine_period', None), ('fine_period__lte', 3650), _connector='OR'), name='loan_rule_fine_period_bounded', violation_error_message='At most 3,650.'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('grace_period', None), ('grace_period__lte', 3650), _connector='OR'), name='loan_rule_grace_period_bounded', violation_error_message='At most 3,650.'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('suspension_days', None), ('suspension_days__lte', 3650), _connector='OR'), name='loan_rule_suspension_days_bounded', violation_error_message='At most 3,650.'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('max_suspension_days', None), ('max_suspension_days__lte', 3650), _connector='OR'), name='loan_rule_max_suspension_days_bounded', violation_error_message='At most 3,650.'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('fine_amount', None), ('fine_amount__range', (0, Decimal('99999'))), _connector='OR'), name='loan_rule_fine_amount_sane', violation_error_message='At most 99,999.'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('fine_cap', None), ('fine_cap__range', (0, Decimal('99999'))), ('fine_cap', -1), _connector='OR'), name='loan_rule_fine_cap_sane', violation_error_message='At most 99,999.'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('fine_period', None), ('fine_period__gte', 1), _connector='OR'), name='loan_rule_fine_period_sane'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('max_suspension_days', None), ('max_suspension_days__gte', -1), _connector='OR'), name='loan_rule_max_suspension_sane'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('fine_charge_at', None), ('fine_charge_at__in', ['start', 'end']), _connector='OR'), name='loan_rule_fine_charge_at_known'),
        ),
    ]
