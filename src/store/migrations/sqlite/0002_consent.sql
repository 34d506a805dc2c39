-- What a patient decided about their own data, sealed.
CREATE TABLE consent (
    id     BLOB NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL
);

-- By which records of sources a directive is found.
CREATE TABLE consent_record (
    record_key BLOB NOT NULL,
    consent    BLOB NOT NULL,
    PRIMARY KEY (record_key, consent)
);
