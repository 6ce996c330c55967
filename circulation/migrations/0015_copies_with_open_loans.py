"""A copy whose loan is open is on loan or lost, whoever says otherwise, and how.

Claimed returned is said of the loan: its copy is on loan. Two transactions meet at the copy's row: the one that makes
the loan holds it with a share, the one that moves the copy has it locked before the trigger looks for a loan.
"""

from django.db import migrations

# What an administrator set by hand meanwhile, where the move back is one that there is.
MEND = """
UPDATE catalog_copy SET status = CASE WHEN loan.lost_at IS NULL THEN 'on_loan' ELSE 'lost' END
FROM circulation_loan AS loan WHERE loan.copy_id = catalog_copy.id AND loan.returned_at IS NULL
  AND catalog_copy.status IN ('available', 'in_repair', 'damaged', 'missing')
"""
CREATE = """
CREATE FUNCTION lyceum_copy_keeps_to_its_loan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM circulation_loan WHERE copy_id = NEW.id AND returned_at IS NULL) THEN
    RAISE EXCEPTION 'the loan of copy % is open: it cannot become %', NEW.id, NEW.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'copy_lent_while_its_loan_is_open', TABLE = 'catalog_copy';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER copy_keeps_to_its_loan BEFORE UPDATE OF status ON catalog_copy
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status NOT IN ('on_loan', 'lost'))
  EXECUTE FUNCTION lyceum_copy_keeps_to_its_loan();

CREATE FUNCTION lyceum_loan_of_a_lent_copy() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
  SELECT status INTO found FROM catalog_copy WHERE id = NEW.copy_id FOR SHARE;
  IF found NOT IN ('on_loan', 'lost') THEN
    RAISE EXCEPTION 'copy % is %: no loan of it can be open', NEW.copy_id, found
      USING ERRCODE = 'check_violation', CONSTRAINT = 'copy_lent_while_its_loan_is_open', TABLE = 'circulation_loan';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER loan_of_a_lent_copy BEFORE INSERT OR UPDATE OF copy_id, returned_at ON circulation_loan
  FOR EACH ROW WHEN (NEW.returned_at IS NULL) EXECUTE FUNCTION lyceum_loan_of_a_lent_copy();
"""
DROP = """
DROP TRIGGER loan_of_a_lent_copy ON circulation_loan;
DROP FUNCTION lyceum_loan_of_a_lent_copy();
DROP TRIGGER copy_keeps_to_its_loan ON catalog_copy;
DROP FUNCTION lyceum_copy_keeps_to_its_loan();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0012_titles_by_weight"), ("circulation", "0014_ends_of_days")]
    operations = [migrations.RunSQL(MEND, migrations.RunSQL.noop), migrations.RunSQL(CREATE, DROP)]
