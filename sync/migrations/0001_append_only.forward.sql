-- A fact that was told stays told: later facts replace it, nothing edits or removes it.
CREATE FUNCTION sync_refuse_change() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    RAISE EXCEPTION '% on % is refused: events are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER sync_event_append_only
    BEFORE UPDATE OR DELETE ON sync_crossserviceevent
    FOR EACH ROW EXECUTE FUNCTION sync_refuse_change();

CREATE TRIGGER sync_event_no_truncate
    BEFORE TRUNCATE ON sync_crossserviceevent
    FOR EACH STATEMENT EXECUTE FUNCTION sync_refuse_change();
