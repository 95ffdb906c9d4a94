DROP TRIGGER plan_fixed ON subscriptions_plan;
DROP TRIGGER rule_only_closes ON subscriptions_collectionrule;
DROP TRIGGER charge_only_settles ON subscriptions_periodcharge;
DROP TRIGGER schedule_only_advances ON subscriptions_revenueschedule;
DROP TRIGGER event_for_ever ON subscriptions_subscriptionevent;
DROP TRIGGER rule_never_deleted ON subscriptions_collectionrule;
DROP TRIGGER charge_never_deleted ON subscriptions_periodcharge;
DROP TRIGGER schedule_never_deleted ON subscriptions_revenueschedule;
DROP TRIGGER subscription_never_deleted ON subscriptions_recurringbilling;
DROP FUNCTION subscriptions_guard_plan, subscriptions_guard_rule, subscriptions_guard_charge,
    subscriptions_guard_schedule, subscriptions_refuse;
DROP FUNCTION subscriptions_through(bigint, integer, integer);
