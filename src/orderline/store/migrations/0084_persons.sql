-- Who holds a key: two keys of one person are one, wherever two have to say so. Empty: the key stands for itself.
ALTER TABLE api_keys ADD COLUMN person text NOT NULL DEFAULT '';
