-- Sums are kept without their currency: once there is one, the library's stays. A library without a row counts in EUR.
CREATE FUNCTION lyceum_currency_stands() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
  was text := CASE WHEN TG_OP = 'INSERT' THEN 'EUR' ELSE OLD.currency END;
  wanted text := CASE WHEN TG_OP = 'DELETE' THEN 'EUR' ELSE NEW.currency END;
BEGIN
  IF wanted <> was AND (EXISTS (SELECT FROM circulation_charge) OR EXISTS (SELECT FROM circulation_credit)) THEN
    RAISE EXCEPTION 'sums are kept in % already', was
      USING ERRCODE = 'check_violation', CONSTRAINT = 'library_currency_stands', TABLE = 'profile_libraryprofile';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;

CREATE TRIGGER currency_stands BEFORE INSERT OR UPDATE OR DELETE ON profile_libraryprofile
  FOR EACH ROW EXECUTE FUNCTION lyceum_currency_stands();
