
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_another_address'),
    ]

    operations = [
        migrations.AddField(
            model_name='tier',
            name='debt_limit',
            field=models.DecimalField(blank=True, decimal_places=3, help_text='Who owes more than this may not borrow. Empty: without limit.', max_digits=9, null=True, verbose_name='debt limit'),
        ),
        migrations.AddConstraint(
            model_name='tier',
            constraint=models.CheckConstraint(condition=models.Q(('debt_limit', None), ('debt_limit__gte', 0), _connector='OR'), name='tier_debt_limit_sane', violation_error_message='At least 0; empty for no limit.'),
        ),
    ]
