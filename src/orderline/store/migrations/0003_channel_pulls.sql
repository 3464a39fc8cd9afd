-- How far each channel's orders have been pulled. Orders placed before `since` were never ours.
CREATE TABLE channel_pulls (
    cell      integer     NOT NULL,
    channel   text        NOT NULL,
    place     text,
    since     timestamptz NOT NULL,
    pulled_at timestamptz NOT NULL,
    PRIMARY KEY (cell, channel)
);
