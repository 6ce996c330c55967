"""What was done and what people are told. The record of what was done is append-only, whoever writes to the table.

A row may only lose who it names and its details, to forget somebody: nothing else changes, no row is deleted. (TRUNCATE
belongs to whoever owns the table, and to the test runner.)
"""

import django.db.models.deletion
import library.core.database.ids
from django.conf import settings
from django.db import migrations, models


CREATE = """
CREATE FUNCTION lyceum_activity_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE'
     AND (NEW.actor_id IS NULL OR NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id)
     AND (NEW.subject_id IS NULL OR NEW.subject_id IS NOT DISTINCT FROM OLD.subject_id)
     AND (NEW.data = '{}'::jsonb OR NEW.data = OLD.data)
     AND to_jsonb(NEW) - '{actor_id,subject_id,data}'::text[] = to_jsonb(OLD) - '{actor_id,subject_id,data}'::text[]
  THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'The record of activity is append-only.'
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'activity_append_only';
END $$;
CREATE TRIGGER activity_append_only
  BEFORE UPDATE OR DELETE ON accounts_activity
  FOR EACH ROW EXECUTE FUNCTION lyceum_activity_append_only();
"""
DROP = """
DROP TRIGGER activity_append_only ON accounts_activity;
DROP FUNCTION lyceum_activity_append_only();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_role_grants_and_checks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Activity',
            fields=[
                ('id', models.UUIDField(default=library.core.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(verbose_name='when')),
                ('verb', models.CharField(max_length=40, verbose_name='did')),
                ('object_label', models.CharField(blank=True, max_length=80, verbose_name='kind of thing')),
                ('object_id', models.CharField(blank=True, max_length=40, verbose_name='which')),
                ('data', models.JSONField(blank=True, default=dict, verbose_name='details')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                ('subject', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='to whom')),
            ],
            options={
                'verbose_name': 'activity',
                'verbose_name_plural': 'activity',
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(models.OrderBy(models.F('at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='activity_newest'), models.Index(models.F('actor'), models.OrderBy(models.F('at'), descending=True), name='activity_actor'), models.Index(models.F('subject'), models.OrderBy(models.F('at'), descending=True), name='activity_subject'), models.Index(models.F('verb'), models.OrderBy(models.F('at'), descending=True), name='activity_verb'), models.Index(models.F('object_label'), models.F('object_id'), models.OrderBy(models.F('at'), descending=True), name='activity_object')],
                'constraints': [models.CheckConstraint(condition=models.Q(('verb__regex', '^[a-z][a-z_]*(\\.[a-z][a-z_]*)?$')), name='activity_verb_plain'), models.CheckConstraint(condition=models.Q(models.Q(('object_id', ''), ('object_label', '')), models.Q(('object_label', ''), ('object_id', ''), _connector='OR', _negated=True), _connector='OR'), name='activity_object_whole_or_none')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.UUIDField(default=library.core.database.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('to', models.EmailField(blank=True, max_length=254, verbose_name='address')),
                ('kind', models.CharField(max_length=40, verbose_name='kind')),
                ('context', models.JSONField(blank=True, default=dict)),
                ('dedupe', models.CharField(blank=True, max_length=200, null=True, unique=True)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('sending', 'being sent'), ('sent', 'sent'), ('failed', 'failed')], default='waiting', max_length=8, verbose_name='state')),
                ('created_at', models.DateTimeField(verbose_name='written')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='next attempt')),
                ('give_up_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('interruptions', models.PositiveSmallIntegerField(default=0)),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                ('error', models.CharField(blank=True, max_length=200, verbose_name='last fault')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to=settings.AUTH_USER_MODEL, verbose_name='to')),
            ],
            options={
                'verbose_name': 'notice',
                'verbose_name_plural': 'notices',
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='notice_due'), models.Index(models.F('state'), models.OrderBy(models.F('created_at'), descending=True), name='notice_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('to', ''), ('user__isnull', False)), models.Q(('user', None), models.Q(('to', ''), _negated=True)), _connector='OR'), name='notice_has_one_addressee'), models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('state', 'sent')), models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at', None)), _connector='OR'), name='notice_sent_at_exactly_when_sent'), models.CheckConstraint(condition=models.Q(models.Q(('due_at__isnull', False), ('state__in', ['waiting', 'sending'])), models.Q(('due_at', None), ('state__in', ['sent', 'failed'])), _connector='OR'), name='notice_due_exactly_until_ended')],
            },
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
