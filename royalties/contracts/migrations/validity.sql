-- One set of terms an edition and day. A text has no GiST operators of its own without an extension, but a range has:
-- an edition is the range that holds only itself, and two such ranges overlap exactly when the editions are the same.
CREATE TYPE contracts_text_range AS RANGE (subtype = text, collation = "C");

ALTER TABLE contracts_contractversion ADD CONSTRAINT contract_edition_one_version_a_day
    EXCLUDE USING gist (
        contracts_text_range(edition_ref, edition_ref, '[]') WITH &&,
        daterange(valid_from, valid_to, '[)') WITH &&
    );

CREATE FUNCTION contracts_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END;
$$;

-- The end of a version is the one thing that is known later than the rest.
CREATE FUNCTION contracts_only_end_a_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.valid_to IS NULL AND NEW.valid_to IS NOT NULL
       AND to_jsonb(OLD) - 'valid_to' = to_jsonb(NEW) - 'valid_to' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'contract terms are append-only: only an open version can be ended'
        USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER contracts_version_changes BEFORE UPDATE ON contracts_contractversion
    FOR EACH ROW EXECUTE FUNCTION contracts_only_end_a_version();
CREATE TRIGGER contracts_version_stays BEFORE DELETE ON contracts_contractversion
    FOR EACH ROW EXECUTE FUNCTION contracts_refuse_change();
CREATE TRIGGER contracts_version_not_emptied BEFORE TRUNCATE ON contracts_contractversion
    FOR EACH STATEMENT EXECUTE FUNCTION contracts_refuse_change();
CREATE TRIGGER contracts_share_stays BEFORE UPDATE OR DELETE ON contracts_share
    FOR EACH ROW EXECUTE FUNCTION contracts_refuse_change();
CREATE TRIGGER contracts_share_not_emptied BEFORE TRUNCATE ON contracts_share
    FOR EACH STATEMENT EXECUTE FUNCTION contracts_refuse_change();
