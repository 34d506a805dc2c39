-- One row: the turn-taking of writers, the node that reads the rosters, and which key the store is written with.
CREATE TABLE identity_lock (
    id            INTEGER PRIMARY KEY,
    writes        BIGINT NOT NULL,
    holder        TEXT NOT NULL,
    held_until_ms BIGINT NOT NULL,
    key_check     BLOB NOT NULL
);

CREATE TABLE identity_source (
    number       INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    phase        BIGINT NOT NULL,
    read_from_ms BIGINT NOT NULL,
    full_from_ms BIGINT NOT NULL,
    people       BIGINT NOT NULL
);

CREATE TABLE identity_system (
    number INTEGER PRIMARY KEY,
    uri    TEXT NOT NULL UNIQUE
);

-- A patient of a source. What is personal is hashed with a key or sealed.
CREATE TABLE identity_record (
    seq        INTEGER PRIMARY KEY,
    source     BIGINT NOT NULL,
    record_key BLOB NOT NULL,
    own_id     BLOB NOT NULL,
    active     BIGINT NOT NULL,
    content    BLOB NOT NULL,
    link_keys  BLOB NOT NULL,
    sealed     BLOB NOT NULL
);
CREATE UNIQUE INDEX identity_record_key ON identity_record (record_key);

-- Which record has which id of its own. Apart from the record, so that a first reading can write it in order.
CREATE TABLE identity_own (
    high BIGINT NOT NULL,
    low  BIGINT NOT NULL,
    seq  BIGINT NOT NULL,
    PRIMARY KEY (high, low)
) WITHOUT ROWID;

-- To which person an active record belongs. Apart from the record, because it is narrow and often rewritten.
CREATE TABLE identity_member (
    seq          INTEGER PRIMARY KEY,
    person       BIGINT NOT NULL,
    reason       BIGINT NOT NULL,
    linked_at_ms BIGINT NOT NULL
);
CREATE INDEX identity_member_person ON identity_member (person);

-- To which person a retired record last belonged.
CREATE TABLE identity_heir (
    seq    INTEGER PRIMARY KEY,
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
) WITHOUT ROWID;

-- Who is found by which search term.
CREATE TABLE identity_term (
    high BIGINT NOT NULL,
    low  BIGINT NOT NULL,
    seq  BIGINT NOT NULL,
    PRIMARY KEY (high, low, seq)
) WITHOUT ROWID;

CREATE TABLE identity_removal (
    number INTEGER PRIMARY KEY,
    record BIGINT NOT NULL,
    at_ms  BIGINT NOT NULL,
    sealed BLOB NOT NULL
);

-- Pairs of records that are not one person, whatever they share.
CREATE TABLE identity_separation (
    elder   BIGINT NOT NULL,
    younger BIGINT NOT NULL,
    PRIMARY KEY (elder, younger)
) WITHOUT ROWID;
