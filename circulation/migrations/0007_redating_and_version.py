"""Orders to move due dates get an id that jobs can name (nobody has given one yet); the calendars get a version.

The version is renewed by the database, whoever changes hours, terms or exceptions, and how.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import library.core.database.ids

TABLES = ["circulation_openinghours", "circulation_term", "circulation_calendarexception"]
RENEW = """
CREATE FUNCTION lyceum_calendar_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO circulation_calendarversion (id, token) VALUES (1, gen_random_uuid())
    ON CONFLICT (id) DO UPDATE SET token = excluded.token;
  RETURN NULL;
END $$;
INSERT INTO circulation_calendarversion (id, token) VALUES (1, gen_random_uuid());
""" + "".join(
    f"CREATE TRIGGER calendar_changed AFTER INSERT OR UPDATE OR DELETE ON {table}\n"
    "  FOR EACH STATEMENT EXECUTE FUNCTION lyceum_calendar_changed();\n"
    for table in TABLES
)
UNDO = "".join(f"DROP TRIGGER calendar_changed ON {table};\n" for table in TABLES) + (
    "DROP FUNCTION lyceum_calendar_changed();"
)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0010_words_and_years"),
        ("circulation", "0006_where_lent_known"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.DeleteModel(name="RedatedLoan"),
        migrations.DeleteModel(name="Redating"),
        migrations.CreateModel(
            name="Redating",
            fields=[
                (
                    "id",
                    models.UUIDField(default=library.core.database.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("first_day", models.DateField(verbose_name="first day")),
                ("last_day", models.DateField(verbose_name="last day")),
                (
                    "is_for_week",
                    models.BooleanField(
                        default=False,
                        help_text="Else only days that an exception closes.",
                        verbose_name="days that the week closes",
                    ),
                ),
                ("ordered_at", models.DateTimeField(verbose_name="ordered")),
                (
                    "branch",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: every branch.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.branch",
                        verbose_name="branch",
                    ),
                ),
                (
                    "ordered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of due dates",
                "verbose_name_plural": "changes of due dates",
                "ordering": ["-ordered_at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))),
                        name="redating_ends_after_it_begins",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RedatedLoan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_before", models.DateTimeField()),
                ("due_after", models.DateTimeField()),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="redatings", to="circulation.loan"
                    ),
                ),
                (
                    "redating",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="moved", to="circulation.redating"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("redating", "loan"), name="redated_once_per_order"),
                    models.CheckConstraint(
                        condition=models.Q(("due_after__gt", models.F("due_before"))), name="redated_forward"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="calendar_version_one_row")],
            },
        ),
        migrations.RunSQL(RENEW, UNDO),
        migrations.RemoveConstraint(model_name="calendarexception", name="exception_hours_only_when_open"),
        migrations.AddConstraint(
            model_name="calendarexception",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closes", None), ("opens", None)),
                    models.Q(
                        ("closes__gt", models.F("opens")),
                        ("closes__isnull", False),
                        ("is_open", True),
                        ("opens__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="exception_hours_only_when_open",
                violation_error_message="Hours are for days that are open, and end after they begin.",
            ),
        ),
    ]
