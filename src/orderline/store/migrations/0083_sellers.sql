-- Sellers: on which terms third parties sell is a setting as well, so that intake knows it without asking.
ALTER TABLE settings DROP CONSTRAINT settings_kind_check;
ALTER TABLE settings ADD CONSTRAINT settings_kind_check
    CHECK (kind IN ('channel', 'location', 'pool', 'custom_field', 'entity', 'rates', 'screened', 'seller'));

-- What sellers are owed is summed up from the ledger; whoever has none has nothing in here.
CREATE INDEX postings_sellers ON postings (cell, sub, day)
    WHERE account IN ('seller_goods', 'commissions', 'seller_payable');
