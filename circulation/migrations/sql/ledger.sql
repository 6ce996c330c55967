-- What a patron owes: open charges less free credit. What was settled is on both sides, so it need not be taken off.
CREATE FUNCTION circulation_owed(who uuid) RETURNS numeric
    LANGUAGE sql STABLE
    AS $$
  SELECT coalesce((SELECT sum(amount) FROM circulation_charge WHERE patron_id = who), 0)
       - coalesce((SELECT sum(amount - refunded) FROM circulation_credit WHERE patron_id = who), 0)
$$;

CREATE FUNCTION lyceum_ledger_refuses() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION 'lines of % are never changed: they are added to', TG_TABLE_NAME
    USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_line_stands', TABLE = TG_TABLE_NAME;
END $$;

-- The words may be scrubbed, and a loan cut off; what was settled is counted by allocations alone; a fine that runs moves.
CREATE FUNCTION lyceum_charge_stands() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF (NEW.id, NEW.patron_id, NEW.kind, NEW.at) IS DISTINCT FROM (OLD.id, OLD.patron_id, OLD.kind, OLD.at)
     OR (NEW.loan_id IS DISTINCT FROM OLD.loan_id AND NEW.loan_id IS NOT NULL)
     OR (NEW.settled <> OLD.settled AND pg_trigger_depth() < 2)
     OR (NOT OLD.is_running AND (NEW.is_running
         OR (NEW.amount, NEW.due_at, NEW.counted_until, NEW.units)
            IS DISTINCT FROM (OLD.amount, OLD.due_at, OLD.counted_until, OLD.units))) THEN
    RAISE EXCEPTION 'charge % stands', OLD.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_line_stands', TABLE = 'circulation_charge';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION lyceum_charge_deleted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF NOT OLD.is_running THEN
    RAISE EXCEPTION 'charge % stands', OLD.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_line_stands', TABLE = 'circulation_charge';
  END IF;
  RETURN OLD;
END $$;

CREATE FUNCTION lyceum_credit_stands() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF (NEW.id, NEW.patron_id, NEW.kind, NEW.amount, NEW.payment_kind_id, NEW.number, NEW.at)
     IS DISTINCT FROM (OLD.id, OLD.patron_id, OLD.kind, OLD.amount, OLD.payment_kind_id, OLD.number, OLD.at)
     OR ((NEW.used <> OLD.used OR NEW.refunded <> OLD.refunded) AND pg_trigger_depth() < 2) THEN
    RAISE EXCEPTION 'credit % stands', OLD.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_line_stands', TABLE = 'circulation_credit';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION lyceum_refund_stands() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF (NEW.id, NEW.credit_id, NEW.amount, NEW.payment_kind_id, NEW.number, NEW.provider_id, NEW.at)
     IS DISTINCT FROM (OLD.id, OLD.credit_id, OLD.amount, OLD.payment_kind_id, OLD.number, OLD.provider_id, OLD.at) THEN
    RAISE EXCEPTION 'refund % stands', OLD.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_line_stands', TABLE = 'circulation_refund';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION lyceum_allocated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE owes uuid; has uuid;
BEGIN
  UPDATE circulation_charge SET settled = settled + NEW.amount WHERE id = NEW.charge_id RETURNING patron_id INTO owes;
  UPDATE circulation_credit SET used = used + NEW.amount WHERE id = NEW.credit_id RETURNING patron_id INTO has;
  IF owes <> has THEN
    RAISE EXCEPTION 'the credit of one cannot settle what another owes'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_of_one_patron', TABLE = 'circulation_allocation';
  END IF;
  IF NEW.amount < 0 AND (SELECT sum(amount) FROM circulation_allocation
                         WHERE charge_id = NEW.charge_id AND credit_id = NEW.credit_id) < 0 THEN
    RAISE EXCEPTION 'more is taken off than was given'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_not_below_nothing', TABLE = 'circulation_allocation';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION lyceum_refunded() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  UPDATE circulation_credit SET refunded = refunded + NEW.amount WHERE id = NEW.credit_id;
  RETURN NULL;
END $$;

CREATE TRIGGER charge_stands BEFORE UPDATE ON circulation_charge
  FOR EACH ROW EXECUTE FUNCTION lyceum_charge_stands();
CREATE TRIGGER charge_deleted BEFORE DELETE ON circulation_charge
  FOR EACH ROW EXECUTE FUNCTION lyceum_charge_deleted();
CREATE TRIGGER credit_stands BEFORE UPDATE ON circulation_credit
  FOR EACH ROW EXECUTE FUNCTION lyceum_credit_stands();
CREATE TRIGGER credit_deleted BEFORE DELETE ON circulation_credit
  FOR EACH ROW EXECUTE FUNCTION lyceum_ledger_refuses();
CREATE TRIGGER refund_stands BEFORE UPDATE ON circulation_refund
  FOR EACH ROW EXECUTE FUNCTION lyceum_refund_stands();
CREATE TRIGGER refund_deleted BEFORE DELETE ON circulation_refund
  FOR EACH ROW EXECUTE FUNCTION lyceum_ledger_refuses();
CREATE TRIGGER allocation_stands BEFORE UPDATE OR DELETE ON circulation_allocation
  FOR EACH ROW EXECUTE FUNCTION lyceum_ledger_refuses();
CREATE TRIGGER allocated AFTER INSERT ON circulation_allocation
  FOR EACH ROW EXECUTE FUNCTION lyceum_allocated();
CREATE TRIGGER refunded AFTER INSERT ON circulation_refund
  FOR EACH ROW EXECUTE FUNCTION lyceum_refunded();
