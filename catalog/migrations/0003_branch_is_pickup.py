from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_functions_and_triggers")]
    operations = [
        migrations.AddField(
            model_name="branch",
            name="is_pickup",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Whether readers may fetch holds here.",
                verbose_name="pick-up here",
            ),
        ),
    ]
