-- own_tables --
-- The tables of this database, without the partitions that go with them.
SELECT c.relname
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = current_schema()
   AND c.relkind IN ('r', 'p')
   AND NOT c.relispartition
ORDER BY c.relname

-- position_offset --
-- By how much the positions restored are ahead of this server's transactions; negative: they are not.
SELECT greatest((SELECT max(position) FROM journal), (SELECT max(position) FROM record_journal), 0) + 1
       - pg_current_xact_id()::text::bigint

-- keep_offset --
-- Remember what is added to positions: of every cell, since all were restored together.
UPDATE cells
   SET position_offset = %(offset)s
