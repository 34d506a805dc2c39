-- What a patient decided about their own data, sealed.
CREATE TABLE consent (
    id     BYTEA NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL
);

-- By which records of sources a directive is found.
CREATE TABLE consent_record (
    record_key BYTEA NOT NULL,
    consent    BYTEA NOT NULL,
    PRIMARY KEY (record_key, consent)
);
