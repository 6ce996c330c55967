"""Deleted indexes, rebuildings overtaken by another change, and a space for every vector, held by the database."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SPACES = """
-- A space never becomes another one: its index and all its vectors would lie.
CREATE FUNCTION lyceum_space_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a vector space keeps its model and dimensions'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'vector_space_stays';
END $$;
CREATE TRIGGER space_stays BEFORE UPDATE ON rag_vectorspace FOR EACH ROW
  WHEN ((OLD.id, OLD.model, OLD.dimensions) IS DISTINCT FROM (NEW.id, NEW.model, NEW.dimensions))
  EXECUTE FUNCTION lyceum_space_stays();

-- A generation is of its space's model and dimensions, and of that space for ever.
CREATE FUNCTION lyceum_generation_in_its_space() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER generation_in_its_space BEFORE INSERT OR UPDATE OF space_id, model, dimensions ON rag_indexgeneration
  FOR EACH ROW EXECUTE FUNCTION lyceum_generation_in_its_space();

-- A passage carries the space of its generation, whoever writes it, and a vector only of that space's dimensions.
CREATE FUNCTION lyceum_passage_in_its_space() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER passage_in_its_space BEFORE INSERT OR UPDATE OF embedding, space_id, generation_id ON rag_passage
  FOR EACH ROW EXECUTE FUNCTION lyceum_passage_in_its_space();
"""
NO_SPACES = """
DROP TRIGGER passage_in_its_space ON rag_passage;
DROP FUNCTION lyceum_passage_in_its_space();
DROP TRIGGER generation_in_its_space ON rag_indexgeneration;
DROP FUNCTION lyceum_generation_in_its_space();
DROP TRIGGER space_stays ON rag_vectorspace;
DROP FUNCTION lyceum_space_stays();
"""
PUT_IN_SPACES = """
INSERT INTO rag_vectorspace (model, dimensions)
  SELECT DISTINCT model, dimensions FROM rag_indexgeneration ORDER BY 1, 2 ON CONFLICT DO NOTHING;
UPDATE rag_indexgeneration AS generation SET space_id = space.id FROM rag_vectorspace AS space
  WHERE (space.model, space.dimensions) = (generation.model, generation.dimensions);
UPDATE rag_passage AS passage SET space_id = generation.space_id FROM rag_indexgeneration AS generation
  WHERE generation.id = passage.generation_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""
INDEX = """
CREATE INDEX passage_space_{pk} ON rag_passage USING hnsw ((embedding::halfvec({dimensions})) halfvec_ip_ops)
  WHERE space_id = {pk}
"""


def put_in_spaces(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What was indexed before there were spaces."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(PUT_IN_SPACES)
        for pk, dimensions in apps.get_model("rag", "VectorSpace").objects.values_list("pk", "dimensions"):
            cursor.execute(INDEX.format(pk=pk, dimensions=dimensions))


def drop_indexes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    with schema_editor.connection.cursor() as cursor:
        for pk in apps.get_model("rag", "VectorSpace").objects.values_list("pk", flat=True):
            cursor.execute(f"DROP INDEX IF EXISTS passage_space_{pk}")


class Migration(migrations.Migration):
    dependencies = [("rag", "0004_terms")]
    operations = [
        migrations.AddField(
            "document",
            "index_deleted_at",
            models.DateTimeField(blank=True, null=True, verbose_name="index deleted"),
        ),
        migrations.AddField("document", "index_again", models.BooleanField(default=False)),
        migrations.AddConstraint(
            "document",
            models.CheckConstraint(
                condition=models.Q(("index_deleted_at", None), ("live_generation", None), _connector="OR"),
                name="document_deleted_index_answers_nothing",
            ),
        ),
        migrations.AlterField(
            "rebuild",
            "state",
            models.CharField(
                choices=[
                    ("running", "under way"),
                    ("done", "done"),
                    ("cancelled", "stopped"),
                    ("superseded", "overtaken by another change"),
                ],
                default="running",
                max_length=10,
            ),
        ),
        migrations.RunPython(put_in_spaces, drop_indexes),
        migrations.RunSQL(SPACES, NO_SPACES),
    ]
