-- An account's number follows from its name: 64 bits of its SHA-256. So whoever knows the name needs no look-up, and
-- nothing but the name makes an account another one. Two names with one number are refused when the second is opened.
CREATE FUNCTION ledger_account_id(entity text, code text, currency text, holder text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ('x' || encode(substr(sha256(convert_to(
    entity || chr(31) || code || chr(31) || currency || chr(31) || holder, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint;

-- The gate's lock: posters take it shared, whoever closes a month or seals a day takes it alone.
CREATE FUNCTION ledger_gate_key() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 7308325525967826000;                     -- any number nobody else uses
