-- What a provider has exchanged before it settled: the amount of the sale in its own currency, and what one unit of it has brought,
-- where the provider says so.
ALTER TABLE settlement_entries
    ADD COLUMN original_minor    bigint,
    ADD COLUMN original_currency char(3),
    ADD COLUMN rate              text,
    ADD CONSTRAINT settlement_entries_original
        CHECK ((original_minor IS NULL) = (original_currency IS NULL) AND original_currency IS DISTINCT FROM currency);
