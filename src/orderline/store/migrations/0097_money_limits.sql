-- How much money a key may move by its own word at once, by what it is and currency; empty: as much as there is.
ALTER TABLE api_keys ADD COLUMN money text NOT NULL DEFAULT '';
