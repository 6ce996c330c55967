CREATE FUNCTION lyceum_book_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  UPDATE catalog_bookfacts SET year = NEW.year, is_suppressed = NEW.is_suppressed, popularity = NEW.popularity,
    is_available = NEW.available_copies > 0, has_copies = NEW.total_copies > 0
  WHERE book_id = NEW.id;
  RETURN NULL;
END $$;

CREATE FUNCTION lyceum_copies_truncated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  UPDATE catalog_book SET total_copies = 0 WHERE total_copies > 0;
  UPDATE catalog_bookfacts SET branch_ids = '{}', free_branch_ids = '{}' WHERE branch_ids <> '{}';
  RETURN NULL;
END $$;

CREATE FUNCTION lyceum_copy_moves() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF NOT (OLD.status || '>' || NEW.status) = ANY('{available>damaged,available>in_repair,available>in_transit,available>lost,available>missing,available>on_loan,available>on_shelf_for_hold,available>requested,available>withdrawn,damaged>available,damaged>in_repair,damaged>lost,damaged>missing,damaged>on_loan,damaged>withdrawn,in_repair>available,in_repair>damaged,in_repair>lost,in_repair>missing,in_repair>on_loan,in_repair>withdrawn,in_transit>available,in_transit>damaged,in_transit>lost,in_transit>missing,in_transit>on_loan,in_transit>on_shelf_for_hold,lost>available,lost>damaged,lost>in_repair,lost>in_transit,lost>missing,lost>on_loan,lost>on_shelf_for_hold,lost>withdrawn,missing>available,missing>damaged,missing>in_repair,missing>in_transit,missing>lost,missing>on_loan,missing>on_shelf_for_hold,missing>withdrawn,on_loan>available,on_loan>damaged,on_loan>in_repair,on_loan>in_transit,on_loan>withdrawn,on_loan>lost,on_loan>missing,on_loan>on_shelf_for_hold,on_shelf_for_hold>available,on_shelf_for_hold>damaged,on_shelf_for_hold>in_transit,on_shelf_for_hold>missing,on_shelf_for_hold>on_loan,requested>available,requested>damaged,requested>in_transit,requested>missing,requested>on_loan,requested>on_shelf_for_hold,withdrawn>available,withdrawn>damaged,withdrawn>in_repair}'::text[]) THEN
    RAISE EXCEPTION 'a copy that is % cannot become %', OLD.status, NEW.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'copy_status_moves', TABLE = 'catalog_copy';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION lyceum_count_copies() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  SELECT count(*) FILTER (WHERE status NOT IN ('lost', 'missing', 'withdrawn')),
         count(*) FILTER (WHERE status = 'available' AND NOT not_for_loan)
    INTO NEW.total_copies, NEW.available_copies
    FROM catalog_copy WHERE book_id = NEW.id;
  RETURN NEW;
END $$;

CREATE FUNCTION lyceum_count_terms(ids bigint[], sign integer) RETURNS void
    LANGUAGE sql
    AS $$
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

CREATE FUNCTION lyceum_book_text_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION lyceum_book_text_changes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF NOT OLD.is_suppressed THEN PERFORM lyceum_count_terms(ARRAY[OLD.id], -1); END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION lyceum_books_added() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION lyceum_facts_of_copies(id bigint) RETURNS void
    LANGUAGE sql
    AS $_$
  UPDATE catalog_bookfacts AS facts SET branch_ids = now.branches, free_branch_ids = now.free
  FROM (
    SELECT coalesce(array_agg(DISTINCT branch_id) FILTER (WHERE status NOT IN ('lost', 'missing', 'withdrawn')),
                    '{}') AS branches,
           coalesce(array_agg(DISTINCT branch_id) FILTER (WHERE status = 'available' AND NOT not_for_loan),
                    '{}') AS free
    FROM catalog_copy WHERE book_id = $1
  ) AS now
  WHERE facts.book_id = $1 AND (facts.branch_ids, facts.free_branch_ids) IS DISTINCT FROM (now.branches, now.free)
$_$;

CREATE FUNCTION lyceum_copy_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION lyceum_wider_categories(ids bigint[]) RETURNS bigint[]
    LANGUAGE sql STABLE
    AS $$
  WITH RECURSIVE wider AS (
    SELECT unnest(ids) AS id
    UNION
    SELECT category.parent_id FROM catalog_category AS category JOIN wider USING (id)
    WHERE category.parent_id IS NOT NULL
  ) SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM wider
$$;

CREATE FUNCTION lyceum_category_moves() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('catalog.category_tree', 0));
  IF NEW.id = ANY(lyceum_wider_categories(ARRAY[NEW.parent_id])) THEN
    RAISE EXCEPTION 'a category lies within itself'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'category_no_circle', TABLE = 'catalog_category';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION lyceum_refresh_facts(what text, ids bigint[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION lyceum_category_moved() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM lyceum_refresh_facts('categories', array_agg(book_id))
  FROM catalog_bookfacts WHERE category_ids @> ARRAY[NEW.id];
  RETURN NULL;
END $$;

CREATE FUNCTION lyceum_rows_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM lyceum_refresh_facts(TG_ARGV[0], array_agg(DISTINCT book_id)) FROM changed_rows;
  RETURN NULL;
END $$;

CREATE FUNCTION lyceum_rows_moved() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM lyceum_refresh_facts(TG_ARGV[0], array_agg(DISTINCT book_id))
  FROM (SELECT book_id FROM changed_rows UNION SELECT book_id FROM former_rows) AS both_rows;
  RETURN NULL;
END $$;

CREATE FUNCTION lyceum_rows_truncated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM lyceum_refresh_facts(TG_ARGV[0], array_agg(book_id)) FROM catalog_bookfacts;
  RETURN NULL;
END $$;
