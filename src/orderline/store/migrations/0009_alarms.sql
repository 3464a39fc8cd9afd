-- Orders that nothing will move, as their documents say.
CREATE TABLE alarms (
    cell      integer     NOT NULL,
    order_id  uuid        NOT NULL,
    step      text        NOT NULL,
    raised_at timestamptz NOT NULL,
    PRIMARY KEY (cell, order_id)
);
