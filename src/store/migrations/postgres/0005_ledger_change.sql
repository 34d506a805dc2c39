-- How often the ledger changed: by this each node sees what another one wrote.
CREATE TABLE ledger_change (changes BIGINT NOT NULL);
INSERT INTO ledger_change (changes) VALUES (0);
