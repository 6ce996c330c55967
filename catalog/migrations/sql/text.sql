CREATE FUNCTION lyceum_text_configuration(language text) RETURNS regconfig
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT CASE language
    WHEN 'ar' THEN 'pg_catalog.arabic'::regconfig
    WHEN 'ca' THEN 'pg_catalog.catalan'::regconfig
    WHEN 'da' THEN 'pg_catalog.danish'::regconfig
    WHEN 'de' THEN 'pg_catalog.german'::regconfig
    WHEN 'el' THEN 'pg_catalog.greek'::regconfig
    WHEN 'en' THEN 'pg_catalog.english'::regconfig
    WHEN 'es' THEN 'pg_catalog.spanish'::regconfig
    WHEN 'et' THEN 'pg_catalog.estonian'::regconfig
    WHEN 'eu' THEN 'pg_catalog.basque'::regconfig
    WHEN 'fi' THEN 'pg_catalog.finnish'::regconfig
    WHEN 'fr' THEN 'pg_catalog.french'::regconfig
    WHEN 'ga' THEN 'pg_catalog.irish'::regconfig
    WHEN 'hi' THEN 'pg_catalog.hindi'::regconfig
    WHEN 'hu' THEN 'pg_catalog.hungarian'::regconfig
    WHEN 'hy' THEN 'pg_catalog.armenian'::regconfig
    WHEN 'id' THEN 'pg_catalog.indonesian'::regconfig
    WHEN 'it' THEN 'pg_catalog.italian'::regconfig
    WHEN 'lt' THEN 'pg_catalog.lithuanian'::regconfig
    WHEN 'ne' THEN 'pg_catalog.nepali'::regconfig
    WHEN 'nl' THEN 'pg_catalog.dutch'::regconfig
    WHEN 'no' THEN 'pg_catalog.norwegian'::regconfig
    WHEN 'pt' THEN 'pg_catalog.portuguese'::regconfig
    WHEN 'ro' THEN 'pg_catalog.romanian'::regconfig
    WHEN 'ru' THEN 'pg_catalog.russian'::regconfig
    WHEN 'sr' THEN 'pg_catalog.serbian'::regconfig
    WHEN 'sv' THEN 'pg_catalog.swedish'::regconfig
    WHEN 'ta' THEN 'pg_catalog.tamil'::regconfig
    WHEN 'tr' THEN 'pg_catalog.turkish'::regconfig
    WHEN 'yi' THEN 'pg_catalog.yiddish'::regconfig
    ELSE 'pg_catalog.simple'::regconfig
  END
$$;

CREATE FUNCTION lyceum_title_order(title text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT left(regexp_replace(regexp_replace(regexp_replace(title,
    '(?<![0-9])([0-9]{1,3})[,. ](?=[0-9]{3}(?![0-9]))', '\1', 'g'),
    '([0-9]+)', '000000000000\1', 'g'),
    '(?<![0-9])0+([0-9]{12})(?![0-9])', '\1', 'g'), 600)
$$;

CREATE FUNCTION lyceum_word_count(VARIADIC texts text[]) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT coalesce(sum(cardinality(string_to_array(one, ' '))), 0)::integer FROM unnest(texts) AS one
$$;

CREATE FUNCTION lyceum_words_and_stems(language text, words text) RETURNS tsvector
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT (to_tsvector(lyceum_text_configuration(language), words)::text || ' '
          || to_tsvector('pg_catalog.simple', words)::text)::tsvector
$$;

CREATE FUNCTION lyceum_record_vector(language text, a text, b text, c text, d text) RETURNS tsvector
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT setweight(lyceum_words_and_stems(language, a), 'A')
      || setweight(lyceum_words_and_stems(language, b), 'B')
      || setweight(lyceum_words_and_stems(language, c), 'C')
      || setweight(to_tsvector(lyceum_text_configuration(language), d), 'D')
      || array_to_tsvector(ARRAY['~' || language])
$$;
