CREATE FUNCTION circulation_due_moved() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.due_changes := OLD.due_changes + 1;
    NEW.due_changed_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE FUNCTION lyceum_calendar_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO circulation_calendarversion (id, token) VALUES (1, gen_random_uuid())
    ON CONFLICT (id) DO UPDATE SET token = excluded.token;
  RETURN NULL;
END $$;

CREATE FUNCTION lyceum_copy_barcode_is_a_card() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('lyceum scanned'), hashtext(NEW.barcode_folded) & 1023);
  IF EXISTS (SELECT 1 FROM accounts_patron WHERE card_folded = NEW.barcode_folded) THEN
    RAISE EXCEPTION '% is scanned as something else already', NEW.barcode_folded
      USING ERRCODE = 'unique_violation', CONSTRAINT = 'copy_barcode_is_a_card', TABLE = 'catalog_copy';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION lyceum_copy_keeps_to_its_loan() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM circulation_loan WHERE copy_id = NEW.id AND returned_at IS NULL) THEN
    RAISE EXCEPTION 'the loan of copy % is open: it cannot become %', NEW.id, NEW.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'copy_lent_while_its_loan_is_open', TABLE = 'catalog_copy';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION lyceum_loan_of_a_lent_copy() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE found text;
BEGIN
  SELECT status INTO found FROM catalog_copy WHERE id = NEW.copy_id FOR SHARE;
  IF found NOT IN ('on_loan', 'lost') THEN
    RAISE EXCEPTION 'copy % is %: no loan of it can be open', NEW.copy_id, found
      USING ERRCODE = 'check_violation', CONSTRAINT = 'copy_lent_while_its_loan_is_open', TABLE = 'circulation_loan';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION lyceum_patron_card_is_a_barcode() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('lyceum scanned'), hashtext(NEW.card_folded) & 1023);
  IF EXISTS (SELECT 1 FROM catalog_copy WHERE barcode_folded = NEW.card_folded) THEN
    RAISE EXCEPTION '% is scanned as something else already', NEW.card_folded
      USING ERRCODE = 'unique_violation', CONSTRAINT = 'patron_card_is_a_barcode', TABLE = 'accounts_patron';
  END IF;
  RETURN NEW;
END $$;
