"""The desk finds people by the words of their names: those of everybody who is there already."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from library.search.fold import words

AT_ONCE = 1_000


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    users = apps.get_model("accounts", "User").objects.exclude(full_name="").only("pk", "full_name")
    batch = []
    for user in users.iterator(chunk_size=AT_ONCE):
        user.name_words = words(user.full_name)
        batch.append(user)
        if len(batch) == AT_ONCE:
            users.bulk_update(batch, ["name_words"])
            batch.clear()
    users.bulk_update(batch, ["name_words"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_without_address")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
