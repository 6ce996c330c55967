"""What the second step added to a table that may be long: looked through while it is in use."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notices", "0002_letters_and_bell")]

    operations = [
        ValidateConstraint("notice", "notice_due_exactly_until_ended"),
        AddIndexConcurrently(
            model_name='notice',
            index=models.Index(condition=models.Q(('due_at__isnull', False), models.Q(('gather', ''), _negated=True)), fields=['user', 'gather'], name='notice_gather'),
        ),
    ]
