"""Numbers of printed music (979-0) are ISMNs: they go from the ISBN to the further numbers."""

from django.db import migrations, models

MOVE = """
UPDATE catalog_bookidentifier SET kind = 'ismn' WHERE kind = 'isbn' AND value LIKE '9790%';
INSERT INTO catalog_bookidentifier (book_id, kind, value)
  SELECT id, 'ismn', isbn FROM catalog_book WHERE isbn LIKE '9790%' ON CONFLICT DO NOTHING;
UPDATE catalog_book SET isbn = NULL WHERE isbn LIKE '9790%';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0013_barcodes_folded'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='book',
            name='book_isbn_normalised',
        ),
        migrations.RemoveConstraint(
            model_name='bookidentifier',
            name='identifier_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='bookidentifier',
            name='identifier_isbn_normalised',
        ),
        migrations.AlterField(
            model_name='bookidentifier',
            name='kind',
            field=models.CharField(choices=[('isbn', 'ISBN'), ('ismn', 'ISMN'), ('issn', 'ISSN'), ('lccn', 'Library of Congress number'), ('oclc', 'OCLC number'), ('doi', 'DOI'), ('control', 'control number')], max_length=8, verbose_name='kind'),
        ),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='book',
            constraint=models.CheckConstraint(condition=models.Q(('isbn', None), ('isbn__regex', '^97(8[0-9]|9[1-9])[0-9]{9}$'), _connector='OR'), name='book_isbn_normalised'),
        ),
        migrations.AddConstraint(
            model_name='bookidentifier',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['isbn', 'ismn', 'issn', 'lccn', 'oclc', 'doi', 'control'])), name='identifier_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='bookidentifier',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'isbn'), _negated=True), ('value__regex', '^97(8[0-9]|9[1-9])[0-9]{9}$'), _connector='OR'), name='identifier_isbn_normalised'),
        ),
        migrations.AddConstraint(
            model_name='bookidentifier',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'ismn'), _negated=True), ('value__regex', '^9790[0-9]{9}$'), _connector='OR'), name='identifier_ismn_normalised'),
        ),
        migrations.AddConstraint(
            model_name='bookidentifier',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'issn'), _negated=True), ('value__regex', '^[0-9]{7}[0-9X]$'), _connector='OR'), name='identifier_issn_normalised'),
        ),
    ]
