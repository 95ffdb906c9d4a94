DROP TRIGGER identity_audit_no_truncate ON identity_auditevent;
DROP TRIGGER identity_audit_append_only ON identity_auditevent;
DROP FUNCTION identity_refuse_change();
