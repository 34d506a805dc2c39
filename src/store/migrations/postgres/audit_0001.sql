-- Who saw what of whom: entries chained to one another. What stands in a row is covered by its hash.
CREATE TABLE audit_entry (
    chain  BIGINT NOT NULL,
    seq    BIGINT NOT NULL,
    at_ms  BIGINT NOT NULL,
    person BYTEA NOT NULL,
    viewer TEXT NOT NULL,
    body   TEXT NOT NULL,
    hash   BYTEA NOT NULL,
    mac    BYTEA NOT NULL,
    seal   BYTEA NOT NULL,
    PRIMARY KEY (chain, seq)
);

CREATE INDEX audit_entry_person ON audit_entry (person, at_ms);
CREATE INDEX audit_entry_viewer ON audit_entry (viewer, at_ms);
CREATE INDEX audit_entry_time ON audit_entry (at_ms);
-- The beginnings of chains.
CREATE INDEX audit_entry_first ON audit_entry (chain) WHERE seq = 1;
