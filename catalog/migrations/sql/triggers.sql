CREATE TRIGGER book_changed
  AFTER UPDATE ON catalog_book
  FOR EACH ROW
  WHEN (((old.year IS DISTINCT FROM new.year) OR (old.is_suppressed IS DISTINCT FROM new.is_suppressed) OR (old.popularity IS DISTINCT FROM new.popularity) OR ((old.available_copies > 0) IS DISTINCT FROM (new.available_copies > 0)) OR ((old.total_copies > 0) IS DISTINCT FROM (new.total_copies > 0))))
  EXECUTE FUNCTION lyceum_book_changed();

CREATE TRIGGER book_counts_its_copies
  BEFORE INSERT OR UPDATE OF total_copies, available_copies ON catalog_book
  FOR EACH ROW
  EXECUTE FUNCTION lyceum_count_copies();

CREATE TRIGGER book_disappears
  BEFORE DELETE ON catalog_book
  FOR EACH ROW
  EXECUTE FUNCTION lyceum_book_text_changes();

CREATE TRIGGER book_text_changed
  AFTER UPDATE OF language, search_a, search_b, search_c, search_d, is_suppressed ON catalog_book
  FOR EACH ROW
  WHEN ((((old.language)::text IS DISTINCT FROM (new.language)::text) OR (old.search_a IS DISTINCT FROM new.search_a) OR (old.search_b IS DISTINCT FROM new.search_b) OR (old.search_c IS DISTINCT FROM new.search_c) OR (old.search_d IS DISTINCT FROM new.search_d) OR (old.is_suppressed IS DISTINCT FROM new.is_suppressed)))
  EXECUTE FUNCTION lyceum_book_text_changed();

CREATE TRIGGER book_text_changes
  BEFORE UPDATE OF language, search_a, search_b, search_c, search_d, is_suppressed ON catalog_book
  FOR EACH ROW
  WHEN ((((old.language)::text IS DISTINCT FROM (new.language)::text) OR (old.search_a IS DISTINCT FROM new.search_a) OR (old.search_b IS DISTINCT FROM new.search_b) OR (old.search_c IS DISTINCT FROM new.search_c) OR (old.search_d IS DISTINCT FROM new.search_d) OR (old.is_suppressed IS DISTINCT FROM new.is_suppressed)))
  EXECUTE FUNCTION lyceum_book_text_changes();

CREATE TRIGGER books_added
  AFTER INSERT ON catalog_book REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_books_added();

CREATE TRIGGER category_moved
  AFTER UPDATE OF parent_id ON catalog_category
  FOR EACH ROW
  WHEN ((old.parent_id IS DISTINCT FROM new.parent_id))
  EXECUTE FUNCTION lyceum_category_moved();

CREATE TRIGGER category_moves
  BEFORE INSERT OR UPDATE OF parent_id ON catalog_category
  FOR EACH ROW
  WHEN ((new.parent_id IS NOT NULL))
  EXECUTE FUNCTION lyceum_category_moves();

CREATE TRIGGER copies_truncated
  AFTER TRUNCATE ON catalog_copy
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_copies_truncated();

CREATE TRIGGER copy_counted_after_change
  AFTER INSERT OR DELETE OR UPDATE OF book_id, branch_id, status, not_for_loan ON catalog_copy
  FOR EACH ROW
  EXECUTE FUNCTION lyceum_copy_changed();

CREATE TRIGGER copy_moves
  BEFORE UPDATE OF status ON catalog_copy
  FOR EACH ROW
  WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text))
  EXECUTE FUNCTION lyceum_copy_moves();

CREATE TRIGGER facts_categories_added
  AFTER INSERT ON catalog_book_categories REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_rows_changed('categories');

CREATE TRIGGER facts_categories_moved
  AFTER UPDATE ON catalog_book_categories REFERENCING OLD TABLE AS former_rows NEW TABLE AS changed_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_rows_moved('categories');

CREATE TRIGGER facts_categories_removed
  AFTER DELETE ON catalog_book_categories REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_rows_changed('categories');

CREATE TRIGGER facts_categories_truncated
  AFTER TRUNCATE ON catalog_book_categories
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_rows_truncated('categories');

CREATE TRIGGER facts_file_added
  AFTER INSERT ON catalog_bookfile REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_rows_changed('file');

CREATE TRIGGER facts_file_moved
  AFTER UPDATE ON catalog_bookfile REFERENCING OLD TABLE AS former_rows NEW TABLE AS changed_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_rows_moved('file');

CREATE TRIGGER facts_file_removed
  AFTER DELETE ON catalog_bookfile REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_rows_changed('file');

CREATE TRIGGER facts_file_truncated
  AFTER TRUNCATE ON catalog_bookfile
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_rows_truncated('file');

CREATE TRIGGER facts_people_added
  AFTER INSERT ON catalog_authorship REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_rows_changed('people');

CREATE TRIGGER facts_people_moved
  AFTER UPDATE ON catalog_authorship REFERENCING OLD TABLE AS former_rows NEW TABLE AS changed_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_rows_moved('people');

CREATE TRIGGER facts_people_removed
  AFTER DELETE ON catalog_authorship REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_rows_changed('people');

CREATE TRIGGER facts_people_truncated
  AFTER TRUNCATE ON catalog_authorship
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_rows_truncated('people');
