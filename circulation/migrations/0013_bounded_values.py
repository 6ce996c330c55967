"""Periods up to 3,650 and fixed due dates from 1900 to 2999: what was beyond is set to the bound."""

import datetime
import django.core.validators
from django.db import migrations, models


PERIODS = ("loan_period", "renewal_period", "no_renewal_before", "no_auto_renewal_after")
BOUND = [
    *(f"UPDATE circulation_loanrule SET {name} = 3650 WHERE {name} > 3650" for name in PERIODS),
    "UPDATE circulation_lendingsettings SET high_demand_days = 3650 WHERE high_demand_days > 3650",
    "UPDATE circulation_loanrule SET hard_due_date = least(greatest(hard_due_date, '1900-01-01'), '2999-12-31')"
    " WHERE hard_due_date NOT BETWEEN '1900-01-01' AND '2999-12-31'",
]


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_lending_facts_of_patrons'),
        ('catalog', '0012_titles_by_weight'),
        ('circulation', '0012_loan_checked_in'),
    ]

    operations = [
        migrations.RunSQL(BOUND, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='lendingsettings',
            name='high_demand_days',
            field=models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(3650, 'At most 3,650.')], verbose_name='days that a popular book is lent for'),
        ),
        migrations.AlterField(
            model_name='loanrule',
            name='hard_due_date',
            field=models.DateField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(datetime.date(1900, 1, 1), 'Choose a date from 1900 to 2999.'), django.core.validators.MaxValueValidator(datetime.date(2999, 12, 31), 'Choose a date from 1900 to 2999.')], verbose_name='fixed due date'),
        ),
        migrations.AlterField(
            model_name='loanrule',
            name='loan_period',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Empty: a less specific row decides.', null=True, validators=[django.core.validators.MaxValueValidator(3650, 'At most 3,650.')], verbose_name='loan period'),
        ),
        migrations.AlterField(
            model_name='loanrule',
            name='no_auto_renewal_after',
            field=models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(3650, 'At most 3,650.')], verbose_name='automatic renewal ends (days after lending)'),
        ),
        migrations.AlterField(
            model_name='loanrule',
            name='no_renewal_before',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Empty everywhere: at any time.', null=True, validators=[django.core.validators.MaxValueValidator(3650, 'At most 3,650.')], verbose_name='renewal opens (days before due)'),
        ),
        migrations.AlterField(
            model_name='loanrule',
            name='renewal_period',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Empty everywhere: the loan period.', null=True, validators=[django.core.validators.MaxValueValidator(3650, 'At most 3,650.')], verbose_name='renewal period'),
        ),
        migrations.AddConstraint(
            model_name='lendingsettings',
            constraint=models.CheckConstraint(condition=models.Q(('high_demand_days', None), ('high_demand_days__lte', 3650), _connector='OR'), name='lending_high_demand_days_bounded', violation_error_message='At most 3,650.'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('hard_due_date', None), ('hard_due_date__range', (datetime.date(1900, 1, 1), datetime.date(2999, 12, 31))), _connector='OR'), name='loan_rule_hard_due_date_bounded', violation_error_message='Choose a date from 1900 to 2999.'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('loan_period', None), ('loan_period__lte', 3650), _connector='OR'), name='loan_rule_loan_period_bounded', violation_error_message='At most 3,650.'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('renewal_period', None), ('renewal_period__lte', 3650), _connector='OR'), name='loan_rule_renewal_period_bounded', violation_error_message='At most 3,650.'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('no_renewal_before', None), ('no_renewal_before__lte', 3650), _connector='OR'), name='loan_rule_no_renewal_before_bounded', violation_error_message='At most 3,650.'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('no_auto_renewal_after', None), ('no_auto_renewal_after__lte', 3650), _connector='OR'), name='loan_rule_no_auto_renewal_after_bounded', violation_error_message='At most 3,650.'),
        ),
    ]
