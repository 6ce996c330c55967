"""What the desk scans is a copy or a card, never both: a barcode that is a card's number is refused, and the reverse.

Two transactions that enter one number at once meet at an advisory lock for it (one of 1,024, so that a large import
holds no more), and the second looks when the first is done. Numbers that are both already stay, and the desk asks.
"""

from django.db import migrations

OTHER = {
    "catalog_copy": ("barcode_folded", "accounts_patron", "card_folded", "copy_barcode_is_a_card"),
    "accounts_patron": ("card_folded", "catalog_copy", "barcode_folded", "patron_card_is_a_barcode"),
}
CREATE = "".join(
    f"""
CREATE FUNCTION lyceum_{constraint}() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('lyceum scanned'), hashtext(NEW.{column}) & 1023);
  IF EXISTS (SELECT 1 FROM {other} WHERE {their} = NEW.{column}) THEN
    RAISE EXCEPTION '% is scanned as something else already', NEW.{column}
      USING ERRCODE = 'unique_violation', CONSTRAINT = '{constraint}', TABLE = '{table}';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER {constraint}_new BEFORE INSERT ON {table}
  FOR EACH ROW EXECUTE FUNCTION lyceum_{constraint}();
CREATE TRIGGER {constraint}_changed BEFORE UPDATE OF {column} ON {table}
  FOR EACH ROW WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION lyceum_{constraint}();
"""
    for table, (column, other, their, constraint) in OTHER.items()
)
DROP = "".join(
    f"DROP TRIGGER {constraint}_new ON {table}; DROP TRIGGER {constraint}_changed ON {table};"
    f" DROP FUNCTION lyceum_{constraint}();"
    for table, (_column, _other, _their, constraint) in OTHER.items()
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_cards_folded"),
        ("catalog", "0013_barcodes_folded"),
        ("circulation", "0016_library_clock"),
    ]
    operations = [migrations.RunSQL(CREATE, DROP)]
