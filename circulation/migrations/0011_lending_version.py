"""The version of the calendars becomes that of the rules too.

The database renews it, whoever changes the matrix, the settings or a name in them, and how: what a process remembers
under a version that still stands is true.
"""

from django.db import migrations

CHANGES = {
    "circulation_loanrule": "INSERT OR UPDATE OR DELETE",
    "circulation_lendingsettings": "INSERT OR UPDATE OR DELETE",
    "catalog_branch": "UPDATE OF name",
    "accounts_tier": "UPDATE OF name",
    "catalog_itemtype": "UPDATE OF name",
}
CREATE = "".join(
    f"CREATE TRIGGER lending_changed AFTER {when} ON {table}\n"
    "  FOR EACH STATEMENT EXECUTE FUNCTION lyceum_calendar_changed();\n"
    for table, when in CHANGES.items()
)
DROP = "".join(f"DROP TRIGGER lending_changed ON {table};\n" for table in CHANGES)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_lending_facts_of_patrons"),
        ("catalog", "0010_words_and_years"),
        ("circulation", "0010_calendar_address"),
    ]
    operations = [
        migrations.RunSQL(CREATE, DROP),
    ]
