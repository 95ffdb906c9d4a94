-- What was received stays as it was received; only what became of it is written later.
CREATE FUNCTION inbox_keep_as_received() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'inbox: % refused, notifications are kept', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.provider, NEW.market, NEW.headers, NEW.body, NEW.body_size, NEW.received_at)
       IS DISTINCT FROM (OLD.id, OLD.provider, OLD.market, OLD.headers, OLD.body, OLD.body_size, OLD.received_at) THEN
        RAISE EXCEPTION 'inbox: notification % stays as received', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER inbox_as_received BEFORE UPDATE OR DELETE ON inbox_providernotification
    FOR EACH ROW EXECUTE FUNCTION inbox_keep_as_received();
CREATE TRIGGER inbox_not_truncated BEFORE TRUNCATE ON inbox_providernotification
    FOR EACH STATEMENT EXECUTE FUNCTION inbox_keep_as_received();
