DROP TRIGGER sync_event_no_truncate ON sync_crossserviceevent;
DROP TRIGGER sync_event_append_only ON sync_crossserviceevent;
DROP FUNCTION sync_refuse_change();
