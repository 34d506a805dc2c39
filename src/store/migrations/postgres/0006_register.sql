-- Connectors that were registered while the gateway runs: what was done to each, in the order in which it was. What an
-- entry says is sealed for its place.
CREATE TABLE register_entry (
    seq BIGINT NOT NULL PRIMARY KEY,
    connector TEXT NOT NULL,
    number BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    UNIQUE (connector, number)
);

-- The place of the newest entry. Whoever adds one holds this row, so that no entry is seen before those in front of it.
CREATE TABLE register_change (seq BIGINT NOT NULL);
INSERT INTO register_change (seq) VALUES (0);

-- What each connector proves itself with to its source, sealed.
CREATE TABLE register_credential (
    connector TEXT NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL
);
