-- What partners of EDI are found by: the locations that they run, and what they call themselves as senders. A function of
-- their records. A location is run by one at a time; where two had it so far, by the first of them, and the other is told by
-- `orderline verify` until it is put again.
CREATE TABLE edi_partner_names (
    cell    integer NOT NULL,
    kind    text    NOT NULL CHECK (kind IN ('location', 'sender')),
    name    text    NOT NULL,
    partner text    NOT NULL,
    active  boolean NOT NULL,
    PRIMARY KEY (cell, kind, name, partner)
);

CREATE UNIQUE INDEX edi_partner_of_location ON edi_partner_names (cell, name) WHERE kind = 'location' AND active;
CREATE INDEX edi_partner_names_by_partner ON edi_partner_names (cell, partner);

INSERT INTO edi_partner_names (cell, kind, name, partner, active)
SELECT r.cell, named.kind, named.name, r.id, r.state = 'active'
  FROM records AS r
 CROSS JOIN LATERAL (
       SELECT 'sender' AS kind, r.body::jsonb #>> '{profile,theirs,id}' AS name
        UNION ALL
       SELECT 'location', jsonb_object_keys(coalesce(r.body::jsonb #> '{profile,locations}', '{}'))
       ) AS named
 WHERE r.kind = 'edi_partner'
 ORDER BY r.cell, r.id, named.name
    ON CONFLICT DO NOTHING;
