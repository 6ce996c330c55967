CREATE TRIGGER calendar_changed
  AFTER INSERT OR DELETE OR UPDATE ON circulation_calendarexception
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_calendar_changed();

CREATE TRIGGER calendar_changed
  AFTER INSERT OR DELETE OR UPDATE ON circulation_openinghours
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_calendar_changed();

CREATE TRIGGER calendar_changed
  AFTER INSERT OR DELETE OR UPDATE ON circulation_term
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_calendar_changed();

CREATE TRIGGER copy_barcode_is_a_card_changed
  BEFORE UPDATE OF barcode_folded ON catalog_copy
  FOR EACH ROW
  WHEN (((old.barcode_folded)::text IS DISTINCT FROM (new.barcode_folded)::text))
  EXECUTE FUNCTION lyceum_copy_barcode_is_a_card();

CREATE TRIGGER copy_barcode_is_a_card_new
  BEFORE INSERT ON catalog_copy
  FOR EACH ROW
  EXECUTE FUNCTION lyceum_copy_barcode_is_a_card();

CREATE TRIGGER copy_keeps_to_its_loan
  BEFORE UPDATE OF status ON catalog_copy
  FOR EACH ROW
  WHEN ((((old.status)::text IS DISTINCT FROM (new.status)::text) AND ((new.status)::text <> ALL ((ARRAY['on_loan'::character varying, 'lost'::character varying])::text[]))))
  EXECUTE FUNCTION lyceum_copy_keeps_to_its_loan();

CREATE TRIGGER due_moved
  BEFORE UPDATE OF due_at ON circulation_loan
  FOR EACH ROW
  WHEN ((new.due_at IS DISTINCT FROM old.due_at))
  EXECUTE FUNCTION circulation_due_moved();

CREATE TRIGGER lending_changed
  AFTER UPDATE OF name ON accounts_tier
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_calendar_changed();

CREATE TRIGGER lending_changed
  AFTER UPDATE OF name ON catalog_branch
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_calendar_changed();

CREATE TRIGGER lending_changed
  AFTER UPDATE OF name ON catalog_itemtype
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_calendar_changed();

CREATE TRIGGER lending_changed
  AFTER INSERT OR DELETE OR UPDATE ON circulation_lendingsettings
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_calendar_changed();

CREATE TRIGGER lending_changed
  AFTER INSERT OR DELETE OR UPDATE ON circulation_loanrule
  FOR EACH STATEMENT
  EXECUTE FUNCTION lyceum_calendar_changed();

CREATE TRIGGER loan_of_a_lent_copy
  BEFORE INSERT OR UPDATE OF copy_id, returned_at ON circulation_loan
  FOR EACH ROW
  WHEN ((new.returned_at IS NULL))
  EXECUTE FUNCTION lyceum_loan_of_a_lent_copy();

CREATE TRIGGER patron_card_is_a_barcode_changed
  BEFORE UPDATE OF card_folded ON accounts_patron
  FOR EACH ROW
  WHEN (((old.card_folded)::text IS DISTINCT FROM (new.card_folded)::text))
  EXECUTE FUNCTION lyceum_patron_card_is_a_barcode();

CREATE TRIGGER patron_card_is_a_barcode_new
  BEFORE INSERT ON accounts_patron
  FOR EACH ROW
  EXECUTE FUNCTION lyceum_patron_card_is_a_barcode();
