-- Whose an entry is, as a keyed hash, so that whom somebody stands in a relation to is found without opening all entries.
-- Empty: nobody's in particular. NULL: recorded before it was noted, and to be opened.
ALTER TABLE ledger_entry ADD COLUMN whose BYTEA;
UPDATE ledger_entry SET whose = ''::bytea WHERE kind = 'consent';
CREATE INDEX ledger_entry_whose ON ledger_entry (whose);
