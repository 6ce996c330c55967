-- Facts and vectors go with their book in the database: nobody has to read them first.
ALTER TABLE catalog_bookfacts
  ADD CONSTRAINT facts_of_a_book FOREIGN KEY (book_id) REFERENCES catalog_book (id) ON DELETE CASCADE;
ALTER TABLE catalog_bookvector
  ADD CONSTRAINT vector_of_a_book FOREIGN KEY (book_id) REFERENCES catalog_book (id) ON DELETE CASCADE,
  ADD CONSTRAINT vector_of_a_generation
    FOREIGN KEY (generation_id) REFERENCES catalog_bookgeneration (id) ON DELETE CASCADE;

-- A narrow row: what filters and counts stays in it, the words lie beside it. Room for updates in the same page.
ALTER TABLE catalog_bookfacts SET (toast_tuple_target = 128, fillfactor = 90);
ALTER TABLE catalog_bookfacts
  ALTER COLUMN author_ids SET STORAGE MAIN,
  ALTER COLUMN category_ids SET STORAGE MAIN,
  ALTER COLUMN branch_ids SET STORAGE MAIN,
  ALTER COLUMN free_branch_ids SET STORAGE MAIN,
  ALTER COLUMN vector SET STORAGE EXTERNAL;

-- What suggestions ask: names by how they begin, given name first too, and by any of their words.
CREATE INDEX author_given_starts ON catalog_author
  (btrim((split_part(sort_name, ', ', 2) || ' ') || split_part(sort_name, ', ', 1)) text_pattern_ops);
CREATE INDEX author_alias_given_starts ON catalog_authoralias
  (btrim((split_part(sort_name, ', ', 2) || ' ') || split_part(sort_name, ', ', 1)) text_pattern_ops);
CREATE INDEX author_words ON catalog_author USING gin (to_tsvector('simple', translate(sort_name, '.-/''’', '     ')));
CREATE INDEX author_alias_words ON catalog_authoralias
  USING gin (to_tsvector('simple', translate(sort_name, '.-/''’', '     ')));
CREATE INDEX series_words ON catalog_series USING gin (to_tsvector('simple', translate(sort_name, '.-/''’', '     ')));
CREATE INDEX subject_words ON catalog_subject USING gin (to_tsvector('simple', translate(sort_name, '.-/''’', '     ')));
CREATE INDEX book_subjects_by_subject ON catalog_book_subjects (subject_id, book_id);

-- Counts the changes of records' texts, for vectors that are older than their text.
CREATE SEQUENCE catalog_text_version;
