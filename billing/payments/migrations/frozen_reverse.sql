DROP TRIGGER payments_event_for_ever ON payments_paymentevent;
DROP TRIGGER payments_attempt_not_truncated ON payments_paymenttransaction;
DROP TRIGGER payments_attempt_kept ON payments_paymenttransaction;
DROP FUNCTION payments_refuse_change();
DROP FUNCTION payments_keep_the_promise();
