CREATE TRIGGER documents_added
  AFTER INSERT ON rag_document REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_documents_changed();

CREATE TRIGGER documents_changed
  AFTER UPDATE ON rag_document REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_documents_changed();

CREATE TRIGGER documents_removed
  AFTER DELETE ON rag_document REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_documents_changed();

CREATE TRIGGER generation_in_its_space
  BEFORE INSERT OR UPDATE OF space_id, model, dimensions ON rag_indexgeneration
  FOR EACH ROW
  EXECUTE FUNCTION lyceum_generation_in_its_space();

CREATE TRIGGER passage_in_its_space
  BEFORE INSERT OR UPDATE OF embedding, space_id, generation_id ON rag_passage
  FOR EACH ROW
  EXECUTE FUNCTION lyceum_passage_in_its_space();

CREATE TRIGGER space_stays
  BEFORE UPDATE ON rag_vectorspace
  FOR EACH ROW
  WHEN ((((old.id IS DISTINCT FROM new.id) OR ((old.model)::text IS DISTINCT FROM (new.model)::text)) OR (old.dimensions IS DISTINCT FROM new.dimensions)))
  EXECUTE FUNCTION lyceum_space_stays();

CREATE TRIGGER terms_added
  AFTER INSERT ON rag_generationterm REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_generation_terms_changed();

CREATE TRIGGER terms_added
  AFTER INSERT ON rag_indexgeneration REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_generation_totals_changed();

CREATE TRIGGER terms_changed
  AFTER UPDATE ON rag_generationterm REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_generation_terms_changed();

CREATE TRIGGER terms_changed
  AFTER UPDATE ON rag_indexgeneration REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_generation_totals_changed();

CREATE TRIGGER terms_removed
  AFTER DELETE ON rag_generationterm REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_generation_terms_changed();

CREATE TRIGGER terms_removed
  AFTER DELETE ON rag_indexgeneration REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_generation_totals_changed();
