-- Who did what. What people do at the console or a terminal is found by whoever did it: few of all entries, so that neither
-- index grows while orders come in by keys and go through by themselves. The place in the text is that of `actor`, which
-- stands before the command and before anything that a caller has said.
CREATE INDEX journal_by_hand ON journal
    (cell, split_part(split_part(left(body, 1000), '},"command":"', 1), '"actor":{', 2), position, order_id, seq)
 WHERE strpos(left(body, 1000), '"via":"console"},"command":"') > 0
    OR strpos(left(body, 1000), '"via":"cli"},"command":"') > 0;
CREATE INDEX record_journal_by_hand ON record_journal
    (cell, split_part(split_part(left(body, 1000), '},"command":"', 1), '"actor":{', 2), position, kind, id, seq)
 WHERE strpos(left(body, 1000), '"via":"console"},"command":"') > 0
    OR strpos(left(body, 1000), '"via":"cli"},"command":"') > 0;

-- What has happened to all records of a kind, in the order in which it happened.
CREATE INDEX record_journal_by_kind ON record_journal (cell, kind, position, id, seq);

-- When the journals were verified, and what was found.
CREATE TABLE verifications (
    cell        integer     NOT NULL,
    verified_at timestamptz NOT NULL,
    orders      bigint      NOT NULL CHECK (orders >= 0),
    whole       boolean     NOT NULL,
    chained     bigint      NOT NULL CHECK (chained >= 0),
    broken      bigint      NOT NULL CHECK (broken >= 0),
    faults      bigint      NOT NULL CHECK (faults >= broken),
    PRIMARY KEY (cell, verified_at)
);
