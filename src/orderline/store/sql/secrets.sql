-- make_secret --
-- A secret of 244 random bits, when there is none of this name.
INSERT INTO secrets (cell, name, value, made_at)
VALUES (%(cell)b, %(name)b, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), now())
    ON CONFLICT (cell, name) DO NOTHING

-- secret --
-- The secret of a name.
SELECT value
  FROM secrets
 WHERE cell = %(cell)b
   AND name = %(name)b
