from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):
    dependencies = [("circulation", "0005_where_lent"), ("catalog", "0010_words_and_years")]
    operations = [
        migrations.AlterField(
            model_name="loan",
            name="branch",
            field=models.ForeignKey(
                help_text="Its calendar moves the due date.", on_delete=django.db.models.deletion.PROTECT,
                related_name="+", to="catalog.branch", verbose_name="lent at",
            ),
        ),
    ]
