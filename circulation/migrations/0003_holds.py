"""Holds whole: places in the queue, days, copies; and what the rules say of them."""

import django.core.validators
import django.db.models.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Who waits already stands in the order of asking; what is on the hold shelf already stays a week from then on.
FROM_BEFORE = """
UPDATE circulation_hold AS hold SET position = ranked.place,
  suspended_from = CASE WHEN state = 'suspended' THEN placed_at::date END
FROM (SELECT id, row_number() OVER (PARTITION BY book_id ORDER BY placed_at, id) AS place
      FROM circulation_hold WHERE state IN ('queued', 'suspended')) AS ranked WHERE ranked.id = hold.id;
UPDATE circulation_hold SET ready_at = coalesce(ready_at, placed_at),
  shelf_until = greatest(coalesce(ready_at, placed_at)::date, CURRENT_DATE) + 7 WHERE state = 'ready';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_first_tier'),
        ('catalog', '0003_branch_is_pickup'),
        ('circulation', '0002_functions_and_triggers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='hold',
            name='hold_one_open_per_book',
        ),
        migrations.AddField(
            model_name='hold',
            name='cancel_requested',
            field=models.BooleanField(db_default=False, default=False, verbose_name='cancellation requested'),
        ),
        migrations.AddField(
            model_name='hold',
            name='is_copy_level',
            field=models.BooleanField(db_default=False, default=False, verbose_name='for this copy alone'),
        ),
        migrations.AddField(
            model_name='hold',
            name='position',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='place in the queue'),
        ),
        migrations.AddField(
            model_name='hold',
            name='shelf_until',
            field=models.DateField(blank=True, null=True, verbose_name='last day on the hold shelf'),
        ),
        migrations.AddField(
            model_name='hold',
            name='suspended_from',
            field=models.DateField(blank=True, null=True, verbose_name='suspended from'),
        ),
        migrations.AddField(
            model_name='hold',
            name='suspended_until',
            field=models.DateField(blank=True, null=True, verbose_name='resumes on'),
        ),
        migrations.AddField(
            model_name='hold',
            name='wanted_until',
            field=models.DateField(blank=True, null=True, verbose_name='wanted until'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='copy_level_holds',
            field=models.CharField(blank=True, choices=[('allow', 'allowed'), ('no', 'not allowed'), ('force', 'always one copy')], max_length=8, null=True, verbose_name='holds on one copy alone'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='hold_pickup_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Empty: a less specific row decides.', null=True, validators=[django.core.validators.MaxValueValidator(3650, 'At most 3,650.')], verbose_name='open days on the hold shelf'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='holds_allowed',
            field=models.IntegerField(blank=True, help_text='-1: unlimited. Empty: a less specific row decides.', null=True, verbose_name='holds at a time'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='holds_per_book',
            field=models.IntegerField(blank=True, help_text='-1: unlimited. Empty: a less specific row decides.', null=True, verbose_name='holds on one book'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='holds_per_day',
            field=models.IntegerField(blank=True, help_text='-1: unlimited. Empty: a less specific row decides.', null=True, verbose_name='holds a day'),
        ),
        migrations.AddField(
            model_name='loanrule',
            name='on_shelf_holds',
            field=models.CharField(blank=True, choices=[('always', 'always'), ('any_unavailable', 'when a copy is away'), ('all_unavailable', 'when all copies are away')], max_length=16, null=True, verbose_name='what stands on the shelf is held'),
        ),
        migrations.AlterField(
            model_name='hold',
            name='pickup_branch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.branch', verbose_name='pick-up at'),
        ),
        migrations.RunSQL(FROM_BEFORE, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(fields=['patron', 'placed_at'], name='hold_patron_placed'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], fields=('book', 'position'), name='hold_place_once'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('position__isnull', False), ('state__in', ['queued', 'suspended'])), models.Q(models.Q(('state__in', ['queued', 'suspended']), _negated=True), ('position', None)), _connector='OR'), name='hold_place_exactly_while_waiting'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('position', None), ('position__gte', 1), _connector='OR'), name='hold_place_from_one'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('is_copy_level', False), ('copy__isnull', False), _connector='OR'), name='hold_for_one_copy_names_it'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'ready'), _negated=True), models.Q(('ready_at__isnull', False), ('shelf_until__isnull', False)), _connector='OR'), name='hold_ready_since_and_until'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'suspended'), _negated=True), ('suspended_from__isnull', False), _connector='OR'), name='hold_suspended_from_a_day'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('suspended_until', None), models.Q(('suspended_from__isnull', False), ('suspended_until__gt', models.F('suspended_from'))), _connector='OR'), name='hold_resumes_after_it_is_suspended'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['requested', 'in_transit', 'ready']), _negated=True), ('suspended_from', None), _connector='OR'), name='hold_served_is_not_suspended'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('cancel_requested', False), ('state', 'ready'), ('ended_at__isnull', False), _connector='OR'), name='hold_cancellation_requested_while_ready'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('holds_allowed', None), ('holds_allowed__gte', -1), _connector='OR'), name='loan_rule_holds_allowed_sane'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('holds_per_book', None), ('holds_per_book__gte', -1), _connector='OR'), name='loan_rule_holds_per_book_sane'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('holds_per_day', None), ('holds_per_day__gte', -1), _connector='OR'), name='loan_rule_holds_per_day_sane'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('hold_pickup_days', None), ('hold_pickup_days__lte', 3650), _connector='OR'), name='loan_rule_hold_pickup_days_bounded', violation_error_message='At most 3,650.'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('on_shelf_holds', None), ('on_shelf_holds__in', ['always', 'any_unavailable', 'all_unavailable']), _connector='OR'), name='loan_rule_on_shelf_holds_known'),
        ),
        migrations.AddConstraint(
            model_name='loanrule',
            constraint=models.CheckConstraint(condition=models.Q(('copy_level_holds', None), ('copy_level_holds__in', ['allow', 'no', 'force']), _connector='OR'), name='loan_rule_copy_level_holds_known'),
        ),
    ]
