-- lock_records --
-- Lock and load the records a batch touches, in the one order that everybody uses.
SELECT r.kind, r.id, r.body
  FROM unnest(%(kinds)b::text[], %(ids)b::text[]) AS t (kind, id)
 CROSS JOIN LATERAL (SELECT kind, id, body
                       FROM records
                      WHERE cell = %(cell)b
                        AND kind = t.kind
                        AND id = t.id
                        FOR NO KEY UPDATE) AS r

-- insert_records --
-- New records; one that somebody else has made meanwhile is a unique violation.
INSERT INTO records (cell, kind, id, state, subject, owner, due_at, version, changed_at, body)
SELECT %(cell)b, t.kind, t.id, t.state, t.subject, t.owner, t.due_at, t.version, %(now)b, t.body
  FROM unnest(%(kind)b::text[], %(id)b::text[], %(state)b::text[], %(subject)b::text[], %(owner)b::text[],
              %(due_at)b::timestamptz[], %(version)b::int[], %(body)b::text[])
       AS t (kind, id, state, subject, owner, due_at, version, body)

-- update_records --
-- Records as they are now, locked before: an insert that always conflicts.
INSERT INTO records AS r (cell, kind, id, state, subject, owner, due_at, version, changed_at, body)
SELECT %(cell)b, t.kind, t.id, t.state, t.subject, t.owner, t.due_at, t.version, %(now)b, t.body
  FROM unnest(%(kind)b::text[], %(id)b::text[], %(state)b::text[], %(subject)b::text[], %(owner)b::text[],
              %(due_at)b::timestamptz[], %(version)b::int[], %(body)b::text[])
       AS t (kind, id, state, subject, owner, due_at, version, body)
    ON CONFLICT (cell, kind, id) DO UPDATE
   SET state = excluded.state,
       subject = excluded.subject,
       owner = excluded.owner,
       due_at = excluded.due_at,
       version = excluded.version,
       changed_at = excluded.changed_at,
       body = excluded.body

-- save_record_journal --
-- What has happened to records, one row per record and command.
INSERT INTO record_journal (cell, kind, id, seq, recorded_at, body, hash)
SELECT %(cell)b, t.kind, t.id, t.seq, %(now)b, t.body, t.hash
  FROM unnest(%(kind)b::text[], %(id)b::text[], %(seq)b::int[], %(body)b::text[], %(hash)b::bytea[])
       AS t (kind, id, seq, body, hash)

-- record --
-- One record.
SELECT body
  FROM records
 WHERE cell = %(cell)b
   AND kind = %(kind)b
   AND id = %(id)b

-- records --
-- Records of a kind by id, of some states, subjects or owners where those are given.
SELECT body
  FROM records
 WHERE cell = %(cell)b
   AND kind = %(kind)b
   AND id > %(after)b
   AND (%(states)b::text[] IS NULL OR state = ANY(%(states)b))
   AND (%(subjects)b::text[] IS NULL OR subject = ANY(%(subjects)b))
   AND (%(owners)b::text[] IS NULL OR owner = ANY(%(owners)b))
 ORDER BY id
 LIMIT %(most)b

-- record_entries_after --
-- The journal of one record, some entries after one.
SELECT seq, body
  FROM record_journal
 WHERE cell = %(cell)b
   AND kind = %(kind)b
   AND id = %(id)b
   AND seq > %(after)b
 ORDER BY seq
 LIMIT %(most)b

-- record_entries_before --
-- The journal of one record, some entries before one, the last first.
SELECT seq, body
  FROM record_journal
 WHERE cell = %(cell)b
   AND kind = %(kind)b
   AND id = %(id)b
   AND seq < %(before)b
 ORDER BY seq DESC
 LIMIT %(most)b

-- records_named --
-- Records of a kind by their ids.
SELECT kind, id, body
  FROM records
 WHERE cell = %(cell)b
   AND kind = %(kind)b
   AND id = ANY(%(ids)b::text[])

-- due_records --
-- When records of a kind are due.
SELECT id, due_at
  FROM records
 WHERE cell = %(cell)b
   AND kind = %(kind)b
   AND id = ANY(%(ids)b::text[])
   AND due_at IS NOT NULL

-- records_after --
-- The next records by kind and id, as they are stored; their document as the last column.
SELECT kind, id, state, subject, owner, due_at, version, body
  FROM records
 WHERE cell = %(cell)s
   AND (kind, id) > (%(kind)s, %(id)s)
 ORDER BY kind, id
 LIMIT %(most)s

-- record_journal_between --
-- The journal of the records after one and up to another.
SELECT kind, id, seq, recorded_at, body, hash
  FROM record_journal
 WHERE cell = %(cell)s
   AND (kind, id) > (%(kind)s, %(id)s)
   AND (%(last_kind)s::text IS NULL OR (kind, id) <= (%(last_kind)s, %(last_id)s))
 ORDER BY kind, id, seq

-- bodies_of_kind --
-- The records of a kind.
SELECT body FROM records WHERE cell = %(cell)s AND kind = %(kind)s ORDER BY id
