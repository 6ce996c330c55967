CREATE TRIGGER activity_append_only
  BEFORE DELETE OR UPDATE ON activity_activity
  FOR EACH ROW
  EXECUTE FUNCTION lyceum_activity_append_only();
