-- What was computed or issued stays as it was; corrections are new rows.
CREATE FUNCTION statements_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER statements_statement_stays BEFORE UPDATE OR DELETE ON statements_statement
    FOR EACH ROW EXECUTE FUNCTION statements_refuse_change();
CREATE TRIGGER statements_statement_not_emptied BEFORE TRUNCATE ON statements_statement
    FOR EACH STATEMENT EXECUTE FUNCTION statements_refuse_change();

CREATE TRIGGER statements_statementpdf_stays BEFORE UPDATE OR DELETE ON statements_statementpdf
    FOR EACH ROW EXECUTE FUNCTION statements_refuse_change();
CREATE TRIGGER statements_statementpdf_not_emptied BEFORE TRUNCATE ON statements_statementpdf
    FOR EACH STATEMENT EXECUTE FUNCTION statements_refuse_change();
