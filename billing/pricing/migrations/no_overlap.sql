-- One edition has one price a moment, per country and currency; a price is never edited.
-- The wheel's PostgreSQL has no btree_gist, so the text key becomes a range of a single point, which GiST knows itself.
CREATE TYPE price_key AS RANGE (subtype = text, collation = "C");

ALTER TABLE pricing_price ADD CONSTRAINT price_no_overlap EXCLUDE USING gist (
    price_key(edition_ref || '|' || country || '|' || currency, edition_ref || '|' || country || '|' || currency, '[]') WITH =,
    tstzrange(valid_from, valid_to) WITH &&
);

CREATE FUNCTION price_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.valid_to IS NULL AND NEW.valid_to IS NOT NULL
           AND to_jsonb(NEW) - 'valid_to' = to_jsonb(OLD) - 'valid_to' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'prices are dated: % refused, add a row instead', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER price_only_closes BEFORE UPDATE OR DELETE ON pricing_price
    FOR EACH ROW EXECUTE FUNCTION price_refuse_change();
CREATE TRIGGER price_never_truncated BEFORE TRUNCATE ON pricing_price
    FOR EACH STATEMENT EXECUTE FUNCTION price_refuse_change();
