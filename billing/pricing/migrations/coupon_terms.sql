-- What a coupon promises never changes. Its count moves, and it may be switched off once.
CREATE FUNCTION coupon_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable CONSTANT text[] := ARRAY['uses_count', 'switched_off_at'];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - movable = to_jsonb(OLD) - movable
           AND (OLD.switched_off_at IS NULL OR NEW.switched_off_at = OLD.switched_off_at) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a coupon keeps its terms: % refused, switch it off and add another', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

-- Who used which coupon stays written down; only the state moves, and what is redeemed is the end.
CREATE FUNCTION redemption_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable CONSTANT text[] := ARRAY['state', 'is_counted', 'held_at', 'ended_at'];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - movable = to_jsonb(OLD) - movable AND OLD.state <> 'redeemed' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'redemptions are kept: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER coupon_keeps_its_terms BEFORE UPDATE OR DELETE ON pricing_coupon
    FOR EACH ROW EXECUTE FUNCTION coupon_refuse_change();
CREATE TRIGGER coupon_never_truncated BEFORE TRUNCATE ON pricing_coupon
    FOR EACH STATEMENT EXECUTE FUNCTION coupon_refuse_change();
CREATE TRIGGER redemption_is_kept BEFORE UPDATE OR DELETE ON pricing_redemption
    FOR EACH ROW EXECUTE FUNCTION redemption_refuse_change();
CREATE TRIGGER redemption_never_truncated BEFORE TRUNCATE ON pricing_redemption
    FOR EACH STATEMENT EXECUTE FUNCTION redemption_refuse_change();
