-- Beside what patients decide, who stands in which relation to them and who broke the glass is found by the same
-- records.
ALTER TABLE consent RENAME TO ledger_entry;
ALTER TABLE ledger_entry ADD COLUMN kind TEXT NOT NULL DEFAULT 'consent';
CREATE INDEX ledger_entry_kind ON ledger_entry (kind);

ALTER TABLE consent_record RENAME TO ledger_record;
ALTER TABLE ledger_record RENAME COLUMN consent TO entry;
