"""`total_copies` and `available_copies` are computed by the database, whoever changes a copy or a book, and how.

The book's own trigger counts its copies whenever one of the counters is written, so that nothing but the truth can be
stored; the copies' trigger only makes it count again. Two transactions that change copies of one book meet at the
book's row: the second waits there and then counts with the first one's changes in sight.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION lyceum_count_copies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT count(*) FILTER (WHERE status NOT IN ('lost', 'missing', 'withdrawn')),
         count(*) FILTER (WHERE status = 'available' AND NOT not_for_loan)
    INTO NEW.total_copies, NEW.available_copies
    FROM catalog_copy WHERE book_id = NEW.id;
  RETURN NEW;
END $$;
CREATE TRIGGER book_counts_its_copies
  BEFORE INSERT OR UPDATE OF total_copies, available_copies ON catalog_book
  FOR EACH ROW EXECUTE FUNCTION lyceum_count_copies();

CREATE FUNCTION lyceum_copy_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR OLD.book_id <> NEW.book_id) THEN
    UPDATE catalog_book SET total_copies = total_copies WHERE id = OLD.book_id;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    UPDATE catalog_book SET total_copies = total_copies WHERE id = NEW.book_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER copy_counted_after_change
  AFTER INSERT OR DELETE OR UPDATE OF book_id, status, not_for_loan ON catalog_copy
  FOR EACH ROW EXECUTE FUNCTION lyceum_copy_changed();

CREATE FUNCTION lyceum_copies_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE catalog_book SET total_copies = 0 WHERE total_copies > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER copies_truncated
  AFTER TRUNCATE ON catalog_copy FOR EACH STATEMENT EXECUTE FUNCTION lyceum_copies_truncated();
"""
DROP = """
DROP TRIGGER copies_truncated ON catalog_copy;
DROP FUNCTION lyceum_copies_truncated();
DROP TRIGGER copy_counted_after_change ON catalog_copy;
DROP FUNCTION lyceum_copy_changed();
DROP TRIGGER book_counts_its_copies ON catalog_book;
DROP FUNCTION lyceum_count_copies();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
