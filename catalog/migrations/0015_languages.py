"""Languages by the one code that is kept for each (``library.core.languages``): three letters where there are no two."""

from django.db import migrations, models
from library.core import languages

# A column that triggers name cannot change its type: they go, as they are, and come back.
LAY_ASIDE = """
CREATE TEMP TABLE laid_aside ON COMMIT DROP AS
  SELECT tgname AS name, pg_get_triggerdef(oid) AS definition FROM pg_trigger
  WHERE tgrelid = 'catalog_book'::regclass AND NOT tgisinternal;
DO $$
DECLARE one record;
BEGIN
  FOR one IN SELECT name FROM laid_aside LOOP EXECUTE format('DROP TRIGGER %I ON catalog_book', one.name); END LOOP;
END $$;
"""
TAKE_UP = """
DO $$
DECLARE one record;
BEGIN
  FOR one IN SELECT definition FROM laid_aside ORDER BY name LOOP EXECUTE one.definition; END LOOP;
END $$;
DROP TABLE laid_aside;
"""


def keep_one_code(apps, schema_editor):
    books = apps.get_model("catalog", "Book").objects
    for code in list(books.order_by("language").values_list("language", flat=True).distinct()):
        kept = languages.canonical(code)
        if kept is None:
            number = books.filter(language=code).update(language="und")
            print(f"\n  No language has the code {code!r}: {number} books are now of a language not known (und).")
        elif kept != code:
            books.filter(language=code).update(language=kept)


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0014_music_numbers'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='book',
            name='book_language_two_letters',
        ),
        migrations.RunSQL(LAY_ASIDE, TAKE_UP),
        migrations.AlterField(
            model_name='book',
            name='language',
            field=models.CharField(default='en', help_text='Two letters, for example en; three where a language has no two. mul: several, zxx: no words.', max_length=3, verbose_name='language'),
        ),
        migrations.AlterField(
            model_name='bookfacts',
            name='language',
            field=models.CharField(max_length=3),
        ),
        migrations.RunSQL(TAKE_UP, LAY_ASIDE),
        migrations.RunPython(keep_one_code, migrations.RunPython.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED", migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='book',
            constraint=models.CheckConstraint(condition=models.Q(('language__regex', '^[a-z]{2,3}$'), models.Q(('language__in', ['iw', 'in', 'ji', 'jw', 'mo', 'nb', 'nn']), _negated=True)), name='book_language_code'),
        ),
    ]
