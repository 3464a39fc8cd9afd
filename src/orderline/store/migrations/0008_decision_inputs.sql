-- What each routing decision was made of, so that it can be made again; what locations are, by hash.
CREATE TABLE decision_inputs (
    cell       integer     NOT NULL,
    id         uuid        NOT NULL,
    order_id   uuid        NOT NULL,
    decided_at timestamptz NOT NULL,
    network    text        NOT NULL,
    body       text        NOT NULL,
    shadow     text,
    PRIMARY KEY (cell, order_id, id, decided_at)
) PARTITION BY RANGE (decided_at);

CREATE INDEX decision_inputs_by_time ON decision_inputs (cell, decided_at, order_id, id);

CREATE TABLE routing_networks (
    cell integer NOT NULL,
    hash text    NOT NULL,
    body text    NOT NULL,
    PRIMARY KEY (cell, hash)
);
