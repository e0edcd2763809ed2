-- Keys are compared byte by byte, as S3 lists them, so they are blobs. All times are milliseconds since 1970.

CREATE TABLE buckets (
    name TEXT PRIMARY KEY,
    created INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE objects (
    id INTEGER PRIMARY KEY,
    bucket TEXT NOT NULL REFERENCES buckets (name),
    key BLOB NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    UNIQUE (bucket, key)
);

CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL REFERENCES buckets (name),
    key BLOB NOT NULL,
    begun INTEGER NOT NULL,
    metadata TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX uploads_by_key ON uploads (bucket, key);

-- What an object consists of, in the order of the numbers, or what has come of an upload so far. The content
-- is a file of that name; a file that is named nowhere is left over and goes.
CREATE TABLE pieces (
    content TEXT PRIMARY KEY,
    object INTEGER REFERENCES objects (id) ON DELETE CASCADE,
    upload TEXT REFERENCES uploads (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified INTEGER NOT NULL,
    UNIQUE (object, number),
    UNIQUE (upload, number),
    CHECK ((object IS NULL) <> (upload IS NULL))
) WITHOUT ROWID;
