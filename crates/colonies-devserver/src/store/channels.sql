-- Channels are not kept: these tables are in memory and of this connection, whatever becomes of the others.

CREATE TEMP TABLE channels (
    id INTEGER PRIMARY KEY, process_id TEXT NOT NULL, name TEXT NOT NULL,
    entries INTEGER NOT NULL, bytes INTEGER NOT NULL,
    UNIQUE (process_id, name)
);

CREATE TEMP TABLE channel_entries (
    channel_id INTEGER NOT NULL, position INTEGER NOT NULL, sender_id TEXT NOT NULL, sequence INTEGER NOT NULL,
    in_reply_to INTEGER NOT NULL, time INTEGER NOT NULL, payload BLOB, type TEXT NOT NULL
);
CREATE INDEX temp.channel_entries_in_order ON channel_entries (channel_id, position);
CREATE INDEX temp.channel_entries_by_sender ON channel_entries (channel_id, sender_id, sequence, position);

-- How many entries a process may append at once, as of a time.
CREATE TEMP TABLE channel_allowances (
    process_id TEXT PRIMARY KEY, tokens REAL NOT NULL, time INTEGER NOT NULL
) WITHOUT ROWID;

-- Who had a process that waits again.
CREATE TEMP TABLE last_holders (process_id TEXT PRIMARY KEY, executor_id TEXT NOT NULL) WITHOUT ROWID;

-- What has been closed and not yet been told to subscribers.
CREATE TEMP TABLE closed_channels (process_id TEXT NOT NULL, name TEXT NOT NULL);

CREATE TEMP TRIGGER channel_closes AFTER DELETE ON channels BEGIN
    DELETE FROM channel_entries WHERE channel_id = OLD.id;
    INSERT INTO closed_channels VALUES (OLD.process_id, OLD.name);
END;

CREATE TEMP TRIGGER process_ends AFTER UPDATE OF state ON processes
WHEN NEW.state > 1 AND NEW.state <> OLD.state BEGIN
    DELETE FROM channels WHERE process_id = NEW.id;
    DELETE FROM channel_allowances WHERE process_id = NEW.id;
    DELETE FROM last_holders WHERE process_id = NEW.id;
END;

CREATE TEMP TRIGGER process_is_removed AFTER DELETE ON processes BEGIN
    DELETE FROM channels WHERE process_id = OLD.id;
    DELETE FROM channel_allowances WHERE process_id = OLD.id;
    DELETE FROM last_holders WHERE process_id = OLD.id;
END;

CREATE TEMP TRIGGER process_is_lost AFTER UPDATE OF assigned_executor_id ON processes
WHEN OLD.assigned_executor_id <> '' AND NEW.assigned_executor_id = '' BEGIN
    INSERT OR REPLACE INTO last_holders VALUES (OLD.id, OLD.assigned_executor_id);
END;
