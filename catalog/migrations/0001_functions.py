"""The search vector of a book: an SQL function, so that a generated column may call it.

Which of the text configurations that PostgreSQL ships reads a language is told here once; a language without one is
read by `simple`. Every vector also holds the unstemmed words, so that a query in another language still finds names.
"""

from django.db import migrations

LANGUAGES = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}
CASES = "\n".join(f"    WHEN '{code}' THEN 'pg_catalog.{name}'::regconfig" for code, name in LANGUAGES.items())
CREATE = f"""
CREATE FUNCTION lyceum_text_configuration(language text) RETURNS regconfig
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE language
{CASES}
    ELSE 'pg_catalog.simple'::regconfig
  END
$$;
CREATE FUNCTION lyceum_book_vector(language text, a text, b text, c text, d text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT setweight(to_tsvector(lyceum_text_configuration(language), a), 'A')
      || setweight(to_tsvector('pg_catalog.simple'::regconfig, a), 'A')
      || setweight(to_tsvector(lyceum_text_configuration(language), b), 'B')
      || setweight(to_tsvector('pg_catalog.simple'::regconfig, b), 'B')
      || setweight(to_tsvector(lyceum_text_configuration(language), c), 'C')
      || setweight(to_tsvector('pg_catalog.simple'::regconfig, c), 'C')
      || setweight(to_tsvector(lyceum_text_configuration(language), d), 'D')
$$;
"""
DROP = """
DROP FUNCTION lyceum_book_vector(text, text, text, text, text);
DROP FUNCTION lyceum_text_configuration(text);
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunSQL(CREATE, DROP)]
