-- listable --
-- SKUs that come and go: with a window of sale, or that may be promised ahead of dated supply.
SELECT code
  FROM skus
 WHERE cell = %(cell)b
   AND code > %(after)b
   AND (body LIKE '%%"sold_from"%%' OR body LIKE '%%"sold_until"%%' OR body LIKE '%%"peg_days"%%'
        OR body LIKE '%%"backorder_cap"%%')
 ORDER BY code
 LIMIT %(most)b

-- listings_of --
-- How channels offer some SKUs, as far as is known.
SELECT id, body
  FROM records
 WHERE cell = %(cell)b
   AND kind = 'listing'
   AND subject = ANY(%(skus)b::text[])
