DROP TRIGGER inbox_not_truncated ON inbox_providernotification;
DROP TRIGGER inbox_as_received ON inbox_providernotification;
DROP FUNCTION inbox_keep_as_received();
