DROP TRIGGER outbox_event_content ON outbox_outgoingevent;
DROP TRIGGER outbox_event_kept ON outbox_outgoingevent;
DROP TRIGGER outbox_attempt_for_ever ON outbox_deliveryattempt;
DROP FUNCTION outbox_keep_content();
DROP FUNCTION outbox_refuse_change();
