DROP TRIGGER price_never_truncated ON pricing_price;
DROP TRIGGER price_only_closes ON pricing_price;
DROP FUNCTION price_refuse_change();
ALTER TABLE pricing_price DROP CONSTRAINT price_no_overlap;
DROP TYPE price_key;
