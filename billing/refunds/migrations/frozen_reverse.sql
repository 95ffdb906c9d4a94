DROP TRIGGER refunds_event_for_ever ON refunds_refundevent;
DROP TRIGGER refunds_refund_not_truncated ON refunds_refund;
DROP TRIGGER refunds_refund_kept ON refunds_refund;
DROP FUNCTION refunds_refuse_change();
DROP FUNCTION refunds_keep_the_promise();
