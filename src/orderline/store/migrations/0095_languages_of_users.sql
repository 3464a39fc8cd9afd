-- The language that a person has chosen for pages; empty: that of the browser.
ALTER TABLE sign_ins ADD COLUMN language text NOT NULL DEFAULT '';
