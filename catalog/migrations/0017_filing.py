"""Names have a kind and are filed as a cataloguer says; titles by all languages' articles and by the value of numbers."""

from django.db import migrations, models

from catalog.values.filing import sort_title
from catalog.values.personal_names import read
from library.search.fold import fold

# Every number with twelve digits, thousands put together: "20,000 leagues" stands behind "1984". A row of an index has
# no more than 2,704 bytes.
ORDER = r"""
CREATE FUNCTION lyceum_title_order(title text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT left(regexp_replace(regexp_replace(regexp_replace(title,
    '(?<![0-9])([0-9]{1,3})[,. ](?=[0-9]{3}(?![0-9]))', '\1', 'g'),
    '([0-9]+)', '000000000000\1', 'g'),
    '(?<![0-9])0+([0-9]{12})(?![0-9])', '\1', 'g'), 600)
$$
"""
TOGETHER = 1000
OLD_SUFFIXES = {"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"}
OLD_PARTICLES = {"Da", "De", "Del", "Della", "Di", "Du", "El", "La", "Le", "St.", "Van", "Von"}


def old_sort_name(name):
    """What the rule made of a name until now: what is filed otherwise somebody corrected."""
    name = " ".join(name.split())
    family, comma, given = (part.strip() for part in name.partition(","))
    if comma and family and given and "," not in given and given.casefold() not in OLD_SUFFIXES:
        name = f"{given} {family}"
    words, suffixes = name.replace(",", " ").split(), []
    while len(words) > 1 and words[-1].casefold() in OLD_SUFFIXES:
        suffixes.insert(0, words.pop())
    start = max(len(words) - 1, 0)
    while start > 1 and words[start - 1] in OLD_PARTICLES:
        start -= 1
    parts = [" ".join(words[start:]), " ".join(words[:start]), *suffixes]
    return fold(", ".join(part for part in parts if part))[:200].rstrip(", ") or name.casefold()[:200]


def batches(rows, *fields):
    last = None
    while found := list((rows if last is None else rows.filter(pk__gt=last)).order_by("pk").only(*fields)[:TOGETHER]):
        yield found
        last = found[-1].pk


def file_authors(apps, schema_editor):
    authors = apps.get_model("catalog", "Author").objects
    for rows in batches(authors, "name", "sort_name", "kind", "is_filed_by_hand"):
        for row in rows:
            one = read(row.name)
            row.kind = one.kind.value
            row.is_filed_by_hand = one.is_given or row.sort_name != old_sort_name(row.name)
            if row.sort_name == old_sort_name(row.name):
                row.sort_name = one.filed
        authors.bulk_update(rows, ["sort_name", "kind", "is_filed_by_hand"])


def file_aliases(apps, schema_editor):
    aliases = apps.get_model("catalog", "AuthorAlias").objects
    for rows in batches(aliases, "name", "sort_name", "author_id"):
        for row in rows:
            filed = read(row.name).filed
            if filed != row.sort_name and not aliases.filter(author_id=row.author_id, sort_name=filed).exists():
                row.sort_name = filed
                row.save(update_fields=["sort_name"])


def file_titles(apps, schema_editor):
    books = apps.get_model("catalog", "Book").objects
    for rows in batches(books, "title", "language", "sort_title"):
        changed = []
        for row in rows:
            filed = sort_title(row.title, row.language)
            if filed != row.sort_title:
                row.sort_title = filed
                changed.append(row)
        books.bulk_update(changed, ["sort_title"])


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0016_folded_by_letters'),
    ]

    operations = [
        migrations.RunSQL(ORDER, "DROP FUNCTION lyceum_title_order(text)"),
        migrations.AlterModelOptions(
            name='book',
            options={'ordering': ['title_order', 'id'], 'verbose_name': 'book', 'verbose_name_plural': 'books'},
        ),
        migrations.RemoveIndex(
            model_name='book',
            name='book_sort_title',
        ),
        migrations.AddField(
            model_name='author',
            name='is_filed_by_hand',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='filed as a cataloguer said'),
        ),
        migrations.AddField(
            model_name='author',
            name='kind',
            field=models.CharField(choices=[('person', 'person'), ('organisation', 'organisation'), ('meeting', 'meeting')], db_default='person', default='person', help_text='Only a person’s name is filed by the family name.', max_length=12, verbose_name='kind'),
        ),
        migrations.AddField(
            model_name='book',
            name='filing_title',
            field=models.CharField(blank=True, db_default='', default='', help_text='Only where the rule is wrong: the title from the word that it is filed by, as “El Salvador hoy”.', max_length=500, verbose_name='filed by'),
        ),
        migrations.AddField(
            model_name='book',
            name='title_order',
            field=models.GeneratedField(db_persist=True, expression=models.Func(models.F('sort_title'), function='lyceum_title_order'), output_field=models.TextField()),
        ),
        migrations.AlterField(
            model_name='author',
            name='sort_name',
            field=models.CharField(help_text='Family name, comma, given name: what it is filed by. Change it where that is wrong.', max_length=200, verbose_name='sort name'),
        ),
        migrations.AddIndex(
            model_name='book',
            index=models.Index(fields=['title_order', 'id'], name='book_title_order'),
        ),
        migrations.AddConstraint(
            model_name='author',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['person', 'organisation', 'meeting'])), name='author_kind_known'),
        ),
        migrations.RunPython(file_authors, migrations.RunPython.noop),
        migrations.RunPython(file_aliases, migrations.RunPython.noop),
        migrations.RunPython(file_titles, migrations.RunPython.noop),
    ]
