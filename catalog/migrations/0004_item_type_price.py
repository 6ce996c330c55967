
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_branch_is_pickup'),
    ]

    operations = [
        migrations.AddField(
            model_name='itemtype',
            name='price',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='What replacing a copy costs whose own price nobody knows.', max_digits=9, null=True, verbose_name='price'),
        ),
        migrations.AddConstraint(
            model_name='itemtype',
            constraint=models.CheckConstraint(condition=models.Q(('price', None), ('price__gte', 0), _connector='OR'), name='item_type_price_not_negative'),
        ),
    ]
