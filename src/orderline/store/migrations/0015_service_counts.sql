-- How locations have served what they were asked for: units by SKU and day (UTC), for routing and for people.
CREATE TABLE service_counts (
    cell     integer NOT NULL,
    location text    NOT NULL,
    sku      text    NOT NULL,
    day      date    NOT NULL,
    offered  bigint  NOT NULL CHECK (offered >= 0),
    accepted bigint  NOT NULL CHECK (accepted >= 0),
    rejected bigint  NOT NULL CHECK (rejected >= 0),
    PRIMARY KEY (cell, location, sku, day)
);
