-- A published rate is never edited or removed. A correction is a row more: it counts one more than the row it corrects
-- and is recorded later, so that what was known at a past moment can be asked for ever.
CREATE FUNCTION configuration_rate_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'exchange rates: % refused, record a correction instead', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION configuration_rate_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    former record;
BEGIN
    SELECT correction, recorded_at INTO former FROM configuration_exchangerate
    WHERE source = NEW.source AND base = NEW.base AND quote = NEW.quote AND on_date = NEW.on_date
    ORDER BY correction DESC LIMIT 1;
    IF NEW.correction <> COALESCE(former.correction + 1, 0) OR NEW.recorded_at <= former.recorded_at THEN
        RAISE EXCEPTION 'exchange rates: %/% of % by % is out of order: correction % recorded at %',
            NEW.base, NEW.quote, NEW.on_date, NEW.source, NEW.correction, NEW.recorded_at
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER configuration_rate_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON configuration_exchangerate
    FOR EACH STATEMENT EXECUTE FUNCTION configuration_rate_for_ever();
CREATE TRIGGER configuration_rate_in_order BEFORE INSERT ON configuration_exchangerate
    FOR EACH ROW EXECUTE FUNCTION configuration_rate_in_order();
