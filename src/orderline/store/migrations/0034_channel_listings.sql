-- What channels are told of listings: `acked` is the version of the listing that they have taken last.
CREATE TABLE channel_listings (
    cell    integer NOT NULL,
    channel text    NOT NULL,
    listing text    NOT NULL,
    acked   bigint  NOT NULL CHECK (acked > 0),
    unknown boolean NOT NULL DEFAULT false,
    PRIMARY KEY (cell, channel, listing)
);

-- What a set was of: stock, or listings.
ALTER TABLE channel_pushes ADD COLUMN what text NOT NULL DEFAULT 'stock';
