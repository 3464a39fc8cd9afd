-- insert_key --
-- A new API key; only the hash of its secret is kept.
INSERT INTO api_keys (cell, id, name, hash, scopes, channels, locations, per_minute, created_at)
VALUES (%(cell)s, %(id)s, %(name)s, %(hash)s, %(scopes)s, %(channels)s, %(locations)s, %(per_minute)s, now())

-- find_key --
-- One key that has not been revoked.
SELECT id, name, scopes, channels, locations, per_minute, hash
  FROM api_keys
 WHERE cell = %(cell)s
   AND id = %(id)s
   AND revoked_at IS NULL

-- list_keys --
-- All keys, newest first, the revoked ones among them.
SELECT id, name, scopes, channels, locations, per_minute, created_at, revoked_at, last_used_at
  FROM api_keys
 WHERE cell = %(cell)s
 ORDER BY created_at DESC, id
 LIMIT 1000

-- revoke_key --
-- End a key for good; a revoked one keeps its time.
UPDATE api_keys
   SET revoked_at = coalesce(revoked_at, now())
 WHERE cell = %(cell)s
   AND id = %(id)s
RETURNING id, name, scopes, channels, locations, per_minute, created_at, revoked_at, last_used_at

-- note_use --
-- When a key was last used, to the minute or so.
UPDATE api_keys
   SET last_used_at = now()
 WHERE cell = %(cell)s
   AND id = %(id)s
