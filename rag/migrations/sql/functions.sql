CREATE FUNCTION lyceum_generation_in_its_space() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.space_id IS NOT NULL AND NEW.space_id IS DISTINCT FROM OLD.space_id THEN
    RAISE EXCEPTION 'a generation stays in its vector space'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'generation_in_its_space';
  END IF;
  IF NEW.space_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM rag_vectorspace WHERE id = NEW.space_id AND model = NEW.model AND dimensions = NEW.dimensions
  ) THEN
    RAISE EXCEPTION 'a generation by % (%) is not of vector space %', NEW.model, NEW.dimensions, NEW.space_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'generation_in_its_space';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION lyceum_generation_terms_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION lyceum_generation_totals_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION lyceum_generations_go_and_come(gone uuid[], come uuid[]) RETURNS void
    LANGUAGE sql
    AS $$
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

CREATE FUNCTION lyceum_documents_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION lyceum_passage_in_its_space() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
  own smallint;
  size smallint;
BEGIN
  SELECT generation.space_id, space.dimensions INTO own, size
    FROM rag_indexgeneration AS generation LEFT JOIN rag_vectorspace AS space ON space.id = generation.space_id
    WHERE generation.id = NEW.generation_id;
  IF NEW.space_id IS NOT NULL AND NEW.space_id IS DISTINCT FROM own THEN
    RAISE EXCEPTION 'a passage is in the vector space of its generation'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'passage_in_its_space';
  END IF;
  NEW.space_id := own;
  IF NEW.embedding IS NOT NULL AND vector_dims(NEW.embedding) IS DISTINCT FROM size THEN
    RAISE EXCEPTION 'a vector of % dimensions in a space of %', vector_dims(NEW.embedding), coalesce(size, 0)
      USING ERRCODE = 'check_violation', CONSTRAINT = 'passage_in_its_space';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION lyceum_space_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION 'a vector space keeps its model and dimensions'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'vector_space_stays';
END $$;
