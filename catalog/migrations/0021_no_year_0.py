"""There is no year 0: what had it is of a year not known."""

from django.db import migrations, models


def leave_empty(apps, schema_editor):
    books = apps.get_model("catalog", "Book").objects.filter(year=0)
    for book, title in list(books.order_by("pk").values_list("pk", "title")):
        print(f"\n  There is no year 0: the year of book {book}, {title!r}, is now not known.")
    books.update(year=None)


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0020_stored_files'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='book',
            name='book_year_plausible',
        ),
        migrations.RunPython(leave_empty, migrations.RunPython.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED", migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='book',
            constraint=models.CheckConstraint(condition=models.Q(('year', None), models.Q(('year__gte', -3000), ('year__lte', 2200), models.Q(('year', 0), _negated=True)), _connector='OR'), name='book_year_plausible'),
        ),
    ]
