-- What a provider said is kept as it was said, for ever.
CREATE FUNCTION reconciliation_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'reconciliation: % on % refused, it is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER reconciliation_line_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON reconciliation_settlementline
    FOR EACH STATEMENT EXECUTE FUNCTION reconciliation_refuse_change();
CREATE TRIGGER reconciliation_import_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON reconciliation_statementimport
    FOR EACH STATEMENT EXECUTE FUNCTION reconciliation_refuse_change();
CREATE TRIGGER reconciliation_finding_not_removed BEFORE DELETE OR TRUNCATE ON reconciliation_finding
    FOR EACH STATEMENT EXECUTE FUNCTION reconciliation_refuse_change();

-- What a changed line said never changes; who decided about it, when and why, is written once.
CREATE FUNCTION reconciliation_keep_the_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD.decided_by <> ''
       OR (NEW.line_id, NEW.source_import_id, NEW.line_no, NEW.happened_at, NEW.kind, NEW.net_minor, NEW.fee_minor, NEW.currency, NEW.found_at)
          IS DISTINCT FROM
          (OLD.line_id, OLD.source_import_id, OLD.line_no, OLD.happened_at, OLD.kind, OLD.net_minor, OLD.fee_minor, OLD.currency, OLD.found_at) THEN
        RAISE EXCEPTION 'reconciliation: what a changed line said is kept' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER reconciliation_changed_kept BEFORE UPDATE OR DELETE ON reconciliation_changedline
    FOR EACH ROW EXECUTE FUNCTION reconciliation_keep_the_change();
