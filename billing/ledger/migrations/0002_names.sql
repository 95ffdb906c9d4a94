-- An account's number follows from its name: 64 bits of its SHA-256. So whoever knows the name needs no look-up, and
-- nothing but the name makes an account another one. Two names with one number are refused when the second is opened.
CREATE FUNCTION ledger_account_id(entity text, code text, currency text, holder text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ('x' || encode(substr(sha256(convert_to(
    entity || chr(31) || code || chr(31) || currency || chr(31) || holder, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint;

-- The gate's lock: posters take it shared, whoever closes a month or seals a day takes it alone.
CREATE FUNCTION ledger_gate_key() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 7308325525967826000;                     -- any number nobody else uses


-- As in 0001, spelled out: whole tables are compared by it, and a query a call took four times as long.
CREATE OR REPLACE FUNCTION ledger_entry_ref(entry_id uuid) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN 'jrn_' ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + (get_byte(uuid_send(entry_id), 0) >> 5), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((get_byte(uuid_send(entry_id), 0)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((get_byte(uuid_send(entry_id), 1) >> 3) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + (((get_byte(uuid_send(entry_id), 1) << 2) | (get_byte(uuid_send(entry_id), 2) >> 6)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((get_byte(uuid_send(entry_id), 2) >> 1) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + (((get_byte(uuid_send(entry_id), 2) << 4) | (get_byte(uuid_send(entry_id), 3) >> 4)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + (((get_byte(uuid_send(entry_id), 3) << 1) | (get_byte(uuid_send(entry_id), 4) >> 7)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((get_byte(uuid_send(entry_id), 4) >> 2) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + (((get_byte(uuid_send(entry_id), 4) << 3) | (get_byte(uuid_send(entry_id), 5) >> 5)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((get_byte(uuid_send(entry_id), 5)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((get_byte(uuid_send(entry_id), 6) >> 3) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + (((get_byte(uuid_send(entry_id), 6) << 2) | (get_byte(uuid_send(entry_id), 7) >> 6)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((get_byte(uuid_send(entry_id), 7) >> 1) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + (((get_byte(uuid_send(entry_id), 7) << 4) | (get_byte(uuid_send(entry_id), 8) >> 4)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + (((get_byte(uuid_send(entry_id), 8) << 1) | (get_byte(uuid_send(entry_id), 9) >> 7)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((get_byte(uuid_send(entry_id), 9) >> 2) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + (((get_byte(uuid_send(entry_id), 9) << 3) | (get_byte(uuid_send(entry_id), 10) >> 5)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((get_byte(uuid_send(entry_id), 10)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((get_byte(uuid_send(entry_id), 11) >> 3) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + (((get_byte(uuid_send(entry_id), 11) << 2) | (get_byte(uuid_send(entry_id), 12) >> 6)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((get_byte(uuid_send(entry_id), 12) >> 1) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + (((get_byte(uuid_send(entry_id), 12) << 4) | (get_byte(uuid_send(entry_id), 13) >> 4)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + (((get_byte(uuid_send(entry_id), 13) << 1) | (get_byte(uuid_send(entry_id), 14) >> 7)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((get_byte(uuid_send(entry_id), 14) >> 2) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + (((get_byte(uuid_send(entry_id), 14) << 3) | (get_byte(uuid_send(entry_id), 15) >> 5)) & 31), 1) ||
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((get_byte(uuid_send(entry_id), 15)) & 31), 1);
