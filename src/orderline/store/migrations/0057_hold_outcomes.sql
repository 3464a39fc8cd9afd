-- What becomes of holds that nobody resolves in time, and which rule has placed them.
ALTER TABLE holds ADD COLUMN escalate_to text NOT NULL DEFAULT '';
ALTER TABLE holds ADD COLUMN on_breach text NOT NULL DEFAULT 'escalate';
ALTER TABLE holds ADD COLUMN escalated_at timestamptz;
ALTER TABLE holds ADD COLUMN rule text NOT NULL DEFAULT '';

-- When hold policies are active is a setting, so that intake knows it without asking.
ALTER TABLE settings DROP CONSTRAINT settings_kind_check;
ALTER TABLE settings ADD CONSTRAINT settings_kind_check
    CHECK (kind IN ('channel', 'location', 'pool', 'custom_field', 'entity', 'rates', 'screened'));
