"""`catalog_bookfacts` and `catalog_termchange` are written by the database, whoever changes a record, and how.

Every function that writes a book's facts first locks the book, in a statement of its own: the next statement then sees
what the one before it committed, so that no interleaving leaves an array that was read too early.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from library.search.fold import fold

VECTORS = """
CREATE SEQUENCE catalog_text_version;
-- Stems and whole words at the same places, so that a word which is its own stem counts once and phrases hold.
CREATE FUNCTION lyceum_words_and_stems(language text, words text) RETURNS tsvector
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT (to_tsvector(lyceum_text_configuration(language), words)::text || ' '
          || to_tsvector('pg_catalog.simple', words)::text)::tsvector
$$;
CREATE FUNCTION lyceum_record_vector(language text, a text, b text, c text, d text) RETURNS tsvector
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT setweight(lyceum_words_and_stems(language, a), 'A')
      || setweight(lyceum_words_and_stems(language, b), 'B')
      || setweight(lyceum_words_and_stems(language, c), 'C')
      || setweight(to_tsvector(lyceum_text_configuration(language), d), 'D')
      || array_to_tsvector(ARRAY['~' || language])
$$;
-- Folded texts have single spaces.
CREATE FUNCTION lyceum_word_count(VARIADIC texts text[]) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(sum(cardinality(string_to_array(one, ' '))), 0)::integer FROM unnest(texts) AS one
$$;
DROP FUNCTION lyceum_book_vector(text, text, text, text, text);
"""
TERMS = """
-- The terms of some books that readers may see, once more (sign 1) or once less (sign -1).
CREATE FUNCTION lyceum_count_terms(ids bigint[], sign integer) RETURNS void LANGUAGE sql AS $$
  INSERT INTO catalog_termchange (lexeme, books, as_word, words)
  SELECT lexeme, sign * sum(books), sign * sum(as_word), sign * sum(words) FROM (
    SELECT term.lexeme, 1 AS books, 0 AS as_word, 0 AS words
      FROM catalog_bookfacts, unnest(vector) AS term
      WHERE book_id = ANY(ids) AND term.lexeme NOT LIKE '~%'
    UNION ALL
    SELECT term.lexeme, 0, 1, 0
      FROM catalog_book, unnest(to_tsvector('pg_catalog.simple', concat_ws(' ', search_a, search_b, search_c))) AS term
      WHERE id = ANY(ids)
    UNION ALL
    SELECT '', 1, 0, words FROM catalog_bookfacts WHERE book_id = ANY(ids)
  ) AS one GROUP BY lexeme
$$;
"""
BOOKS = """
CREATE FUNCTION lyceum_books_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog_bookfacts (book_id, text_version, popularity, words, title_words, year, is_suppressed,
    is_available, has_copies, has_file, language, author_ids, category_ids, branch_ids, free_branch_ids,
    title_vector, vector)
  SELECT id, nextval('catalog_text_version'), popularity,
    lyceum_word_count(search_a, search_b, search_c, search_d),
    lyceum_word_count(search_a), year, is_suppressed, available_copies > 0, total_copies > 0, false,
    language, '{}', '{}', '{}', '{}', lyceum_words_and_stems(language, search_a),
    lyceum_record_vector(language, search_a, search_b, search_c, search_d)
  FROM new_rows;
  PERFORM lyceum_count_terms(array_agg(id), 1) FROM new_rows WHERE NOT is_suppressed;
  RETURN NULL;
END $$;
CREATE TRIGGER books_added AFTER INSERT ON catalog_book REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION lyceum_books_added();

-- Before a text changes its terms are counted off, and after it they are counted again.
CREATE FUNCTION lyceum_book_text_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT OLD.is_suppressed THEN PERFORM lyceum_count_terms(ARRAY[OLD.id], -1); END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER book_text_changes BEFORE UPDATE OF language, search_a, search_b, search_c, search_d, is_suppressed
  ON catalog_book FOR EACH ROW
  WHEN ((OLD.language, OLD.search_a, OLD.search_b, OLD.search_c, OLD.search_d, OLD.is_suppressed)
    IS DISTINCT FROM (NEW.language, NEW.search_a, NEW.search_b, NEW.search_c, NEW.search_d, NEW.is_suppressed))
  EXECUTE FUNCTION lyceum_book_text_changes();
CREATE TRIGGER book_disappears BEFORE DELETE ON catalog_book
  FOR EACH ROW EXECUTE FUNCTION lyceum_book_text_changes();

CREATE FUNCTION lyceum_book_text_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.language, OLD.search_a, OLD.search_b, OLD.search_c, OLD.search_d)
    IS DISTINCT FROM (NEW.language, NEW.search_a, NEW.search_b, NEW.search_c, NEW.search_d)
  THEN
    UPDATE catalog_bookfacts SET text_version = nextval('catalog_text_version'), language = NEW.language,
      words = lyceum_word_count(NEW.search_a, NEW.search_b, NEW.search_c, NEW.search_d),
      title_words = lyceum_word_count(NEW.search_a),
      title_vector = lyceum_words_and_stems(NEW.language, NEW.search_a),
      vector = lyceum_record_vector(NEW.language, NEW.search_a, NEW.search_b, NEW.search_c, NEW.search_d)
    WHERE book_id = NEW.id;
  END IF;
  IF NOT NEW.is_suppressed THEN PERFORM lyceum_count_terms(ARRAY[NEW.id], 1); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER book_text_changed AFTER UPDATE OF language, search_a, search_b, search_c, search_d, is_suppressed
  ON catalog_book FOR EACH ROW
  WHEN ((OLD.language, OLD.search_a, OLD.search_b, OLD.search_c, OLD.search_d, OLD.is_suppressed)
    IS DISTINCT FROM (NEW.language, NEW.search_a, NEW.search_b, NEW.search_c, NEW.search_d, NEW.is_suppressed))
  EXECUTE FUNCTION lyceum_book_text_changed();

CREATE FUNCTION lyceum_book_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE catalog_bookfacts SET year = NEW.year, is_suppressed = NEW.is_suppressed, popularity = NEW.popularity,
    is_available = NEW.available_copies > 0, has_copies = NEW.total_copies > 0
  WHERE book_id = NEW.id;
  RETURN NULL;
END $$;
-- No list of columns: the counters are written by a trigger before this one, which such a list would not see.
CREATE TRIGGER book_changed AFTER UPDATE ON catalog_book FOR EACH ROW
  WHEN ((OLD.year, OLD.is_suppressed, OLD.popularity, OLD.available_copies > 0, OLD.total_copies > 0)
    IS DISTINCT FROM (NEW.year, NEW.is_suppressed, NEW.popularity, NEW.available_copies > 0, NEW.total_copies > 0))
  EXECUTE FUNCTION lyceum_book_changed();

ALTER TABLE catalog_bookfacts ADD CONSTRAINT facts_of_a_book
  FOREIGN KEY (book_id) REFERENCES catalog_book (id) ON DELETE CASCADE;
-- A vector over some 2 kB lies outside the row; a shorter one stays in it, whatever its storage.
ALTER TABLE catalog_bookfacts SET (toast_tuple_target = 128, fillfactor = 90);
ALTER TABLE catalog_bookfacts ALTER COLUMN vector SET STORAGE EXTERNAL;
ALTER TABLE catalog_bookfacts ALTER COLUMN title_vector SET STORAGE MAIN;
ALTER TABLE catalog_bookfacts ALTER COLUMN author_ids SET STORAGE MAIN;
ALTER TABLE catalog_bookfacts ALTER COLUMN category_ids SET STORAGE MAIN;
ALTER TABLE catalog_bookfacts ALTER COLUMN branch_ids SET STORAGE MAIN;
ALTER TABLE catalog_bookfacts ALTER COLUMN free_branch_ids SET STORAGE MAIN;
"""
COPIES = """
CREATE FUNCTION lyceum_facts_of_copies(id bigint) RETURNS void LANGUAGE sql AS $$
  UPDATE catalog_bookfacts AS facts SET branch_ids = now.branches, free_branch_ids = now.free
  FROM (
    SELECT coalesce(array_agg(DISTINCT branch_id) FILTER (WHERE status NOT IN ('lost', 'missing', 'withdrawn')),
                    '{}') AS branches,
           coalesce(array_agg(DISTINCT branch_id) FILTER (WHERE status = 'available' AND NOT not_for_loan),
                    '{}') AS free
    FROM catalog_copy WHERE book_id = $1
  ) AS now
  WHERE facts.book_id = $1 AND (facts.branch_ids, facts.free_branch_ids) IS DISTINCT FROM (now.branches, now.free)
$$;
CREATE OR REPLACE FUNCTION lyceum_copy_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR OLD.book_id <> NEW.book_id) THEN
    UPDATE catalog_book SET total_copies = total_copies WHERE id = OLD.book_id;
    PERFORM lyceum_facts_of_copies(OLD.book_id);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    UPDATE catalog_book SET total_copies = total_copies WHERE id = NEW.book_id;
    PERFORM lyceum_facts_of_copies(NEW.book_id);
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER copy_counted_after_change ON catalog_copy;
CREATE TRIGGER copy_counted_after_change
  AFTER INSERT OR DELETE OR UPDATE OF book_id, branch_id, status, not_for_loan ON catalog_copy
  FOR EACH ROW EXECUTE FUNCTION lyceum_copy_changed();
CREATE OR REPLACE FUNCTION lyceum_copies_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE catalog_book SET total_copies = 0 WHERE total_copies > 0;
  UPDATE catalog_bookfacts SET branch_ids = '{}', free_branch_ids = '{}' WHERE branch_ids <> '{}';
  RETURN NULL;
END $$;
"""
LISTS = """
CREATE FUNCTION lyceum_wider_categories(ids bigint[]) RETURNS bigint[] LANGUAGE sql STABLE AS $$
  WITH RECURSIVE wider AS (
    SELECT unnest(ids) AS id
    UNION
    SELECT category.parent_id FROM catalog_category AS category JOIN wider USING (id)
    WHERE category.parent_id IS NOT NULL
  ) SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM wider
$$;
CREATE FUNCTION lyceum_refresh_facts(what text, ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM catalog_book WHERE id = ANY(ids) ORDER BY id FOR NO KEY UPDATE;
  IF what = 'people' THEN
    UPDATE catalog_bookfacts AS facts SET author_ids = coalesce(
      (SELECT array_agg(DISTINCT author_id) FROM catalog_authorship WHERE book_id = facts.book_id), '{}')
    WHERE book_id = ANY(ids);
  ELSIF what = 'categories' THEN
    UPDATE catalog_bookfacts AS facts SET category_ids = lyceum_wider_categories(coalesce(
      (SELECT array_agg(category_id) FROM catalog_book_categories WHERE book_id = facts.book_id), '{}'))
    WHERE book_id = ANY(ids);
  ELSE
    UPDATE catalog_bookfacts AS facts
    SET has_file = EXISTS (SELECT FROM catalog_bookfile WHERE book_id = facts.book_id)
    WHERE book_id = ANY(ids);
  END IF;
END $$;
CREATE FUNCTION lyceum_rows_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lyceum_refresh_facts(TG_ARGV[0], array_agg(DISTINCT book_id)) FROM changed_rows;
  RETURN NULL;
END $$;
CREATE FUNCTION lyceum_rows_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lyceum_refresh_facts(TG_ARGV[0], array_agg(DISTINCT book_id))
  FROM (SELECT book_id FROM changed_rows UNION SELECT book_id FROM former_rows) AS both_rows;
  RETURN NULL;
END $$;
CREATE FUNCTION lyceum_rows_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lyceum_refresh_facts(TG_ARGV[0], array_agg(book_id)) FROM catalog_bookfacts;
  RETURN NULL;
END $$;
"""
WATCHED = {
    "people": "catalog_authorship",
    "categories": "catalog_book_categories",
    "file": "catalog_bookfile",
}
WATCH = """
CREATE TRIGGER facts_{what}_added AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION lyceum_rows_changed('{what}');
CREATE TRIGGER facts_{what}_removed AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION lyceum_rows_changed('{what}');
CREATE TRIGGER facts_{what}_moved AFTER UPDATE ON {table}
  REFERENCING OLD TABLE AS former_rows NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION lyceum_rows_moved('{what}');
CREATE TRIGGER facts_{what}_truncated AFTER TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION lyceum_rows_truncated('{what}');
"""
CATEGORIES = """
CREATE FUNCTION lyceum_category_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('catalog.category_tree', 0));
  IF NEW.id = ANY(lyceum_wider_categories(ARRAY[NEW.parent_id])) THEN
    RAISE EXCEPTION 'a category lies within itself'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'category_no_circle', TABLE = 'catalog_category';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER category_moves BEFORE INSERT OR UPDATE OF parent_id ON catalog_category
  FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION lyceum_category_moves();
CREATE FUNCTION lyceum_category_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lyceum_refresh_facts('categories', array_agg(book_id))
  FROM catalog_bookfacts WHERE category_ids @> ARRAY[NEW.id];
  RETURN NULL;
END $$;
CREATE TRIGGER category_moved AFTER UPDATE OF parent_id ON catalog_category
  FOR EACH ROW WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id) EXECUTE FUNCTION lyceum_category_moved();
"""
BACKFILL = """
INSERT INTO catalog_bookfacts (book_id, text_version, popularity, words, title_words, year, is_suppressed,
  is_available, has_copies, has_file, language, author_ids, category_ids, branch_ids, free_branch_ids,
  title_vector, vector)
SELECT id, nextval('catalog_text_version'), popularity,
  lyceum_word_count(search_a, search_b, search_c, search_d),
  lyceum_word_count(search_a), year, is_suppressed, available_copies > 0, total_copies > 0, false,
  language, '{}', '{}', '{}', '{}', lyceum_words_and_stems(language, search_a),
  lyceum_record_vector(language, search_a, search_b, search_c, search_d)
FROM catalog_book;
SELECT lyceum_refresh_facts(what, ids) FROM
  (SELECT array_agg(book_id) AS ids FROM catalog_bookfacts) AS every,
  unnest(ARRAY['people', 'categories', 'file']) AS what;
SELECT lyceum_facts_of_copies(book_id) FROM catalog_bookfacts;
SELECT lyceum_count_terms(array_agg(book_id), 1) FROM catalog_bookfacts WHERE NOT is_suppressed;
"""
CREATE = "".join([
    VECTORS, TERMS, BOOKS, COPIES, LISTS, *(WATCH.format(what=what, table=table) for what, table in WATCHED.items()),
    CATEGORIES, BACKFILL,
])


def fold_names(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """What existing subject headings are found by as they are typed."""
    subjects = apps.get_model("catalog", "Subject")
    rows = list(subjects.objects.filter(sort_name=""))
    for row in rows:
        row.sort_name = fold(row.name)[:200]
    subjects.objects.bulk_update(rows, ["sort_name"], batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_authorities_index_vectors")]
    operations = [migrations.RunPython(fold_names, migrations.RunPython.noop), migrations.RunSQL(CREATE)]
