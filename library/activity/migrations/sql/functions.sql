CREATE FUNCTION lyceum_activity_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF TG_OP = 'UPDATE'
     AND (NEW.actor_id IS NULL OR NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id)
     AND (NEW.subject_id IS NULL OR NEW.subject_id IS NOT DISTINCT FROM OLD.subject_id)
     AND (NEW.data = '{}'::jsonb OR NEW.data = OLD.data)
     AND to_jsonb(NEW) - '{actor_id,subject_id,data}'::text[] = to_jsonb(OLD) - '{actor_id,subject_id,data}'::text[]
  THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'The record of activity is append-only.'
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'activity_append_only';
END $$;
