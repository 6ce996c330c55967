"""The words of the title are those of weight A: a vector of their own made each row that searching reads a quarter wider.

A table that is there already becomes smaller by ``VACUUM FULL catalog_bookfacts``, at a time when nobody searches.
"""

from django.db import migrations

FUNCTIONS = """
CREATE OR REPLACE FUNCTION lyceum_books_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog_bookfacts (book_id, text_version, popularity, words, title_words, year, is_suppressed,
    is_available, has_copies, has_file, language, author_ids, category_ids, branch_ids, free_branch_ids,
    vector)
  SELECT id, nextval('catalog_text_version'), popularity,
    lyceum_word_count(search_a, search_b, search_c, search_d),
    lyceum_word_count(search_a), year, is_suppressed, available_copies > 0, total_copies > 0, false,
    language, '{}', '{}', '{}', '{}',
    lyceum_record_vector(language, search_a, search_b, search_c, search_d)
  FROM new_rows;
  PERFORM lyceum_count_terms(array_agg(id), 1) FROM new_rows WHERE NOT is_suppressed;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION lyceum_book_text_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.language, OLD.search_a, OLD.search_b, OLD.search_c, OLD.search_d)
    IS DISTINCT FROM (NEW.language, NEW.search_a, NEW.search_b, NEW.search_c, NEW.search_d)
  THEN
    UPDATE catalog_bookfacts SET text_version = nextval('catalog_text_version'), language = NEW.language,
      words = lyceum_word_count(NEW.search_a, NEW.search_b, NEW.search_c, NEW.search_d),
      title_words = lyceum_word_count(NEW.search_a),
      vector = lyceum_record_vector(NEW.language, NEW.search_a, NEW.search_b, NEW.search_c, NEW.search_d)
    WHERE book_id = NEW.id;
  END IF;
  IF NOT NEW.is_suppressed THEN PERFORM lyceum_count_terms(ARRAY[NEW.id], 1); END IF;
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0011_leading_signs")]
    operations = [
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RemoveField("bookfacts", "title_vector"),
    ]
