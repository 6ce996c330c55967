"""`rag_librarytermchange` is written by the database, whoever publishes or deletes an index, and how.

At any moment the folded terms and the changes together are the sum over the generations that answer now. A statement
on either side of that (which generation answers; what a generation's terms are) appends what it changes of the sum.
"""

from django.db import migrations

CREATE = """
-- Generations that answer no longer, and generations that answer from now on.
CREATE FUNCTION lyceum_generations_go_and_come(gone uuid[], come uuid[]) RETURNS void LANGUAGE sql AS $$
  WITH moved AS (
    SELECT unnest(gone) AS id, -1 AS sign UNION ALL SELECT unnest(come), 1
  )
  INSERT INTO rag_librarytermchange (lexeme, passages, words)
  SELECT lexeme, sum(passages), sum(words) FROM (
    SELECT term.lexeme, sign * term.passages::bigint AS passages, 0::bigint AS words
      FROM moved JOIN rag_generationterm AS term ON term.generation_id = moved.id
    UNION ALL
    SELECT '', sign * passage_count::bigint, sign * word_count::bigint
      FROM moved JOIN rag_indexgeneration AS generation ON generation.id = moved.id
  ) AS one GROUP BY lexeme HAVING sum(passages) <> 0 OR sum(words) <> 0
$$;

CREATE FUNCTION lyceum_documents_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM lyceum_generations_go_and_come('{}', array_agg(live_generation_id)) FROM new_rows
      WHERE live_generation_id IS NOT NULL HAVING count(*) > 0;
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM lyceum_generations_go_and_come(array_agg(live_generation_id), '{}') FROM old_rows
      WHERE live_generation_id IS NOT NULL HAVING count(*) > 0;
  ELSE
    PERFORM lyceum_generations_go_and_come(
      coalesce(array_agg(before.live_generation_id) FILTER (WHERE before.live_generation_id IS NOT NULL), '{}'),
      coalesce(array_agg(after.live_generation_id) FILTER (WHERE after.live_generation_id IS NOT NULL), '{}'))
      FROM old_rows AS before JOIN new_rows AS after USING (id)
      WHERE before.live_generation_id IS DISTINCT FROM after.live_generation_id HAVING count(*) > 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER documents_added AFTER INSERT ON rag_document REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION lyceum_documents_changed();
CREATE TRIGGER documents_removed AFTER DELETE ON rag_document REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION lyceum_documents_changed();
CREATE TRIGGER documents_changed AFTER UPDATE ON rag_document REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION lyceum_documents_changed();

-- The terms of a generation that answers now, for instance as it is deleted: a deletion takes them before it looks at
-- the document. The document is locked first, so that nobody makes another generation answer between the two.
CREATE FUNCTION lyceum_generation_terms_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM FROM rag_document WHERE live_generation_id IN (SELECT DISTINCT generation_id FROM old_rows)
      ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO rag_librarytermchange (lexeme, passages, words)
    SELECT lexeme, -sum(passages), 0 FROM old_rows
      JOIN rag_document AS document ON document.live_generation_id = old_rows.generation_id GROUP BY lexeme;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM FROM rag_document WHERE live_generation_id IN (SELECT DISTINCT generation_id FROM new_rows)
      ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO rag_librarytermchange (lexeme, passages, words)
    SELECT lexeme, sum(passages), 0 FROM new_rows
      JOIN rag_document AS document ON document.live_generation_id = new_rows.generation_id GROUP BY lexeme;
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION lyceum_generation_totals_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM FROM rag_document WHERE live_generation_id IN (SELECT id FROM old_rows) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO rag_librarytermchange (lexeme, passages, words)
    SELECT '', -passage_count::bigint, -word_count::bigint FROM old_rows
      JOIN rag_document AS document ON document.live_generation_id = old_rows.id;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM FROM rag_document WHERE live_generation_id IN (SELECT id FROM new_rows) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO rag_librarytermchange (lexeme, passages, words)
    SELECT '', passage_count, word_count FROM new_rows
      JOIN rag_document AS document ON document.live_generation_id = new_rows.id;
  END IF;
  RETURN NULL;
END $$;
"""
WATCHED = {"rag_generationterm": "lyceum_generation_terms_changed",
           "rag_indexgeneration": "lyceum_generation_totals_changed"}
WATCH = """
CREATE TRIGGER terms_added AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION {function}();
CREATE TRIGGER terms_removed AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION {function}();
CREATE TRIGGER terms_changed AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION {function}();
"""


class Migration(migrations.Migration):
    dependencies = [("rag", "0002_sections_terms_spaces"), ("catalog", "0001_functions")]
    operations = [
        migrations.RunSQL(CREATE + "".join(WATCH.format(table=t, function=f) for t, f in WATCHED.items())),
    ]
