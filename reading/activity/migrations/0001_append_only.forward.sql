-- What was read stays read: authors are paid from these rows.
CREATE FUNCTION activity_refuse_change() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    RAISE EXCEPTION '% on % is refused: reading sessions are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER activity_session_append_only
    BEFORE UPDATE OR DELETE ON activity_readingsession
    FOR EACH ROW EXECUTE FUNCTION activity_refuse_change();

CREATE TRIGGER activity_session_no_truncate
    BEFORE TRUNCATE ON activity_readingsession
    FOR EACH STATEMENT EXECUTE FUNCTION activity_refuse_change();
