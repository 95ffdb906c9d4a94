-- One subject has one value a day, and a decided value is never edited.
-- The wheel's PostgreSQL has no btree_gist, so the text key becomes a range of a single point, which GiST knows itself.
CREATE TYPE configuration_key AS RANGE (subtype = text, collation = "C");

ALTER TABLE configuration_billingconfiguration ADD CONSTRAINT configuration_no_overlap EXCLUDE USING gist (
    configuration_key(kind || '|' || country || '|' || subject, kind || '|' || country || '|' || subject, '[]') WITH =,
    daterange(valid_from, valid_to) WITH &&
);

CREATE FUNCTION configuration_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.valid_to IS NULL AND NEW.valid_to IS NOT NULL
           AND to_jsonb(NEW) - 'valid_to' = to_jsonb(OLD) - 'valid_to' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'configuration is dated: % refused, add a row instead', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER configuration_only_closes BEFORE UPDATE OR DELETE ON configuration_billingconfiguration
    FOR EACH ROW EXECUTE FUNCTION configuration_refuse_change();
CREATE TRIGGER configuration_never_truncated BEFORE TRUNCATE ON configuration_billingconfiguration
    FOR EACH STATEMENT EXECUTE FUNCTION configuration_refuse_change();
