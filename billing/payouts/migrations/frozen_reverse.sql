DROP TRIGGER payouts_event_for_ever ON payouts_payoutevent;
DROP TRIGGER payouts_batch_kept ON payouts_payoutbatch;
DROP TRIGGER payouts_payout_not_truncated ON payouts_payout;
DROP TRIGGER payouts_payout_kept ON payouts_payout;
DROP FUNCTION payouts_refuse_change();
DROP FUNCTION payouts_decided_once();
DROP FUNCTION payouts_keep_the_promise();
