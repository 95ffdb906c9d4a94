-- What was tried is never rewritten; an event's content is what was signed.
CREATE FUNCTION outbox_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'outbox: % on % refused, it is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION outbox_keep_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.endpoint_id, NEW.kind, NEW.subject_ref, NEW.body, NEW.happened_at)
       IS DISTINCT FROM (OLD.id, OLD.endpoint_id, OLD.kind, OLD.subject_ref, OLD.body, OLD.happened_at) THEN
        RAISE EXCEPTION 'outbox: the content of % is frozen', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER outbox_attempt_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON outbox_deliveryattempt
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_refuse_change();
CREATE TRIGGER outbox_event_kept BEFORE DELETE OR TRUNCATE ON outbox_outgoingevent
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_refuse_change();
CREATE TRIGGER outbox_event_content BEFORE UPDATE ON outbox_outgoingevent
    FOR EACH ROW EXECUTE FUNCTION outbox_keep_content();
