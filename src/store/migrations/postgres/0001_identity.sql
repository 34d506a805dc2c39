-- As SQLite has it, so that both understand the same queries.
CREATE FUNCTION hex(bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS 'SELECT encode($1, ''hex'')';

-- One row: the turn-taking of writers, the node that reads the rosters, and which key the store is written with.
CREATE TABLE identity_lock (
    id            BIGINT PRIMARY KEY,
    writes        BIGINT NOT NULL,
    holder        TEXT NOT NULL,
    held_until_ms BIGINT NOT NULL,
    key_check     BYTEA NOT NULL
);

CREATE TABLE identity_source (
    number       BIGINT PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    phase        BIGINT NOT NULL,
    read_from_ms BIGINT NOT NULL,
    full_from_ms BIGINT NOT NULL,
    people       BIGINT NOT NULL
);

CREATE TABLE identity_system (
    number BIGINT PRIMARY KEY,
    uri    TEXT NOT NULL UNIQUE
);

-- A patient of a source. What is personal is hashed with a key or sealed.
CREATE TABLE identity_record (
    seq        BIGINT PRIMARY KEY,
    source     BIGINT NOT NULL,
    record_key BYTEA NOT NULL,
    own_id     BYTEA NOT NULL,
    active     BIGINT NOT NULL,
    content    BYTEA NOT NULL,
    link_keys  BYTEA NOT NULL,
    sealed     BYTEA NOT NULL
);
CREATE UNIQUE INDEX identity_record_key ON identity_record (record_key);

-- Which record has which id of its own. Apart from the record, so that a first reading can write it in order.
CREATE TABLE identity_own (
    high BIGINT NOT NULL,
    low  BIGINT NOT NULL,
    seq  BIGINT NOT NULL,
    PRIMARY KEY (high, low)
);

-- To which person an active record belongs. Apart from the record, because it is narrow and often rewritten.
CREATE TABLE identity_member (
    seq          BIGINT PRIMARY KEY,
    person       BIGINT NOT NULL,
    reason       BIGINT NOT NULL,
    linked_at_ms BIGINT NOT NULL
);
CREATE INDEX identity_member_person ON identity_member (person);

-- To which person a retired record last belonged.
CREATE TABLE identity_heir (
    seq    BIGINT PRIMARY KEY,
    person BIGINT NOT NULL
);

-- Who bears which link key. Active records of sources that have been read through. A key stands as two numbers,
-- the first and the second half of its hash: numbers are bound and compared faster than bytes.
CREATE TABLE identity_key (
    high   BIGINT NOT NULL,
    low    BIGINT NOT NULL,
    source BIGINT NOT NULL,
    seq    BIGINT NOT NULL,
    PRIMARY KEY (high, low, source, seq)
);

-- Who is found by which search term.
CREATE TABLE identity_term (
    high BIGINT NOT NULL,
    low  BIGINT NOT NULL,
    seq  BIGINT NOT NULL,
    PRIMARY KEY (high, low, seq)
);

CREATE TABLE identity_removal (
    number BIGINT PRIMARY KEY,
    record BIGINT NOT NULL,
    at_ms  BIGINT NOT NULL,
    sealed BYTEA NOT NULL
);

-- Pairs of records that are not one person, whatever they share.
CREATE TABLE identity_separation (
    elder   BIGINT NOT NULL,
    younger BIGINT NOT NULL,
    PRIMARY KEY (elder, younger)
);
