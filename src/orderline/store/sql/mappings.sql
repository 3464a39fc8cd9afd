-- load_mappings --
-- What is known of words of partners, by the names of their mappings.
SELECT id, body
  FROM records
 WHERE cell = %(cell)b
   AND kind = 'mapping'
   AND id = ANY(%(ids)b::text[])

-- known_skus --
-- Which of these codes are SKUs.
SELECT code
  FROM skus
 WHERE cell = %(cell)b
   AND code = ANY(%(codes)b::text[])
