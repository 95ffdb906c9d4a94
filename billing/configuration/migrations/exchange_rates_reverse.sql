DROP TRIGGER configuration_rate_in_order ON configuration_exchangerate;
DROP TRIGGER configuration_rate_for_ever ON configuration_exchangerate;
DROP FUNCTION configuration_rate_in_order();
DROP FUNCTION configuration_rate_for_ever();
