-- Which figure a channel has taken last, and when; null: none, or before this release.
ALTER TABLE channel_levels
    ADD COLUMN told bigint CHECK (told >= 0),
    ADD COLUMN told_at timestamptz;

-- SKUs that a channel does not know, and sets that it has not taken: few.
CREATE INDEX channel_levels_unknown ON channel_levels (cell, channel, sku) WHERE unknown;
CREATE INDEX channel_pushes_failed ON channel_pushes (cell, channel, pushed_at) WHERE acked_at IS NULL;
