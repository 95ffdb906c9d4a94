DROP TRIGGER redemption_never_truncated ON pricing_redemption;
DROP TRIGGER redemption_is_kept ON pricing_redemption;
DROP TRIGGER coupon_never_truncated ON pricing_coupon;
DROP TRIGGER coupon_keeps_its_terms ON pricing_coupon;
DROP FUNCTION redemption_refuse_change();
DROP FUNCTION coupon_refuse_change();
