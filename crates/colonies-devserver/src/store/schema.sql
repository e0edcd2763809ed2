-- Times are microseconds since 1970. Lists and free values are JSON texts, ready to be sent.

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE colonies (name TEXT NOT NULL UNIQUE, id TEXT NOT NULL);
CREATE INDEX colonies_by_id ON colonies (id);

-- Kept by name and apart from the colonies: a pause outlives the removal of its colony.
CREATE TABLE pauses (colony_name TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE users (
    colony_name TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, phone TEXT NOT NULL,
    UNIQUE (colony_name, name)
);
CREATE INDEX users_by_id ON users (colony_name, id);

CREATE TABLE executors (
    colony_name TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
    state INTEGER NOT NULL, require_func_reg INTEGER NOT NULL,
    commission_time INTEGER NOT NULL, last_heard_from_time INTEGER NOT NULL,
    location_name TEXT NOT NULL, capabilities TEXT NOT NULL, allocations TEXT NOT NULL,
    blueprint_id TEXT NOT NULL, blueprint_gen INTEGER NOT NULL,
    UNIQUE (colony_name, name)
);
CREATE INDEX executors_by_id ON executors (id);

CREATE TABLE functions (
    id TEXT NOT NULL UNIQUE, colony_name TEXT NOT NULL, executor_name TEXT NOT NULL, executor_type TEXT NOT NULL,
    func_name TEXT NOT NULL, description TEXT NOT NULL, args TEXT NOT NULL, counter INTEGER NOT NULL,
    min_wait_time REAL NOT NULL, max_wait_time REAL NOT NULL, min_exec_time REAL NOT NULL,
    max_exec_time REAL NOT NULL, avg_wait_time REAL NOT NULL, avg_exec_time REAL NOT NULL,
    location_name TEXT NOT NULL
);
CREATE INDEX functions_by_executor ON functions (colony_name, executor_name, func_name);

CREATE TABLE locations (
    id TEXT NOT NULL, colony_name TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
    long REAL NOT NULL, lat REAL NOT NULL,
    UNIQUE (colony_name, name)
);

CREATE TABLE processes (
    id TEXT NOT NULL UNIQUE, colony_name TEXT NOT NULL, graph_id TEXT NOT NULL,
    initiator_id TEXT NOT NULL, initiator_name TEXT NOT NULL, assigned_executor_id TEXT NOT NULL,
    state INTEGER NOT NULL, priority_time INTEGER NOT NULL, retries INTEGER NOT NULL,
    submission_time INTEGER NOT NULL, start_time INTEGER NOT NULL, end_time INTEGER NOT NULL,
    wait_deadline INTEGER NOT NULL, exec_deadline INTEGER NOT NULL,
    wait_for_parents INTEGER NOT NULL, parents TEXT NOT NULL, children TEXT NOT NULL,
    input TEXT NOT NULL, output TEXT NOT NULL, errors TEXT NOT NULL, spec TEXT NOT NULL,
    -- What the rules look at in the spec.
    executor_type TEXT NOT NULL, node_name TEXT NOT NULL, func_name TEXT NOT NULL, label TEXT NOT NULL,
    max_wait_time INTEGER NOT NULL, max_exec_time INTEGER NOT NULL, max_retries INTEGER NOT NULL,
    -- Who may take it: names as a JSON list, the location in lower case.
    assignable INTEGER NOT NULL, executor_names TEXT NOT NULL, location TEXT NOT NULL,
    cpu INTEGER NOT NULL, mem INTEGER NOT NULL,
    -- The one executor that may take it, '' for any, '*' for one of several.
    only_for TEXT NOT NULL GENERATED ALWAYS AS (
        CASE json_array_length(executor_names) WHEN 0 THEN '' WHEN 1 THEN executor_names ->> 0 ELSE '*' END
    ) VIRTUAL
);
-- The queue is several queues, so that nobody walks past what is for others by name or location.
CREATE INDEX processes_ready ON processes (colony_name, executor_type, only_for, location, priority_time)
    WHERE state = 0 AND wait_for_parents = 0 AND assignable = 1;
CREATE INDEX processes_waiting ON processes (colony_name, priority_time) WHERE state = 0;
CREATE INDEX processes_running ON processes (colony_name, start_time) WHERE state = 1;
CREATE INDEX processes_ended ON processes (colony_name, state, end_time) WHERE state > 1;
CREATE INDEX processes_held ON processes (assigned_executor_id) WHERE state = 1;
CREATE INDEX processes_by_graph ON processes (graph_id) WHERE graph_id <> '';
CREATE INDEX processes_wait_deadline ON processes (wait_deadline)
    WHERE state = 0 AND max_wait_time NOT IN (0, -1);
CREATE INDEX processes_exec_deadline ON processes (exec_deadline) WHERE state = 1 AND max_exec_time <> -1;

CREATE TABLE attributes (
    id TEXT NOT NULL UNIQUE, target_id TEXT NOT NULL, target_colony_name TEXT NOT NULL,
    target_graph_id TEXT NOT NULL, state INTEGER NOT NULL, type INTEGER NOT NULL,
    key TEXT NOT NULL, value TEXT NOT NULL
);
CREATE INDEX attributes_by_target ON attributes (target_id);

CREATE TABLE graphs (
    id TEXT NOT NULL UNIQUE, colony_name TEXT NOT NULL, initiator_id TEXT NOT NULL, initiator_name TEXT NOT NULL,
    roots TEXT NOT NULL, state INTEGER NOT NULL,
    submission_time INTEGER NOT NULL, start_time INTEGER NOT NULL, end_time INTEGER NOT NULL
);
CREATE INDEX graphs_by_state ON graphs (colony_name, state, submission_time);

CREATE TABLE logs (
    process_id TEXT NOT NULL, colony_name TEXT NOT NULL, executor_name TEXT NOT NULL,
    message TEXT NOT NULL, timestamp INTEGER NOT NULL
);
CREATE INDEX logs_by_process ON logs (process_id, timestamp);
CREATE INDEX logs_by_executor ON logs (executor_name, timestamp);
CREATE INDEX logs_by_time ON logs (colony_name, timestamp);

CREATE TABLE crons (
    id TEXT NOT NULL UNIQUE, colony_name TEXT NOT NULL, initiator_id TEXT NOT NULL, initiator_name TEXT NOT NULL,
    name TEXT NOT NULL, expression TEXT NOT NULL, interval INTEGER NOT NULL, random INTEGER NOT NULL,
    next_run INTEGER NOT NULL, last_run INTEGER NOT NULL, workflow_spec TEXT NOT NULL,
    previous_graph_id TEXT NOT NULL, wait_for_previous_graph INTEGER NOT NULL,
    UNIQUE (colony_name, name)
);

CREATE TABLE generators (
    id TEXT NOT NULL UNIQUE, colony_name TEXT NOT NULL, initiator_id TEXT NOT NULL, initiator_name TEXT NOT NULL,
    name TEXT NOT NULL, workflow_spec TEXT NOT NULL, trigger_count INTEGER NOT NULL, timeout INTEGER NOT NULL,
    first_pack INTEGER NOT NULL, last_run INTEGER NOT NULL,
    UNIQUE (colony_name, name)
);
CREATE TABLE packed_arguments (generator_id TEXT NOT NULL, argument TEXT NOT NULL);
CREATE INDEX packed_arguments_by_generator ON packed_arguments (generator_id);

CREATE TABLE files (
    -- Never used again, so that numbers go on rising when the newest version is removed.
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, colony_name TEXT NOT NULL, label TEXT NOT NULL, name TEXT NOT NULL,
    size INTEGER NOT NULL, checksum TEXT NOT NULL, checksum_algorithm TEXT NOT NULL, reference TEXT NOT NULL,
    added INTEGER NOT NULL
);
CREATE INDEX files_by_name ON files (colony_name, label, name, sequence);

CREATE TABLE snapshots (
    id TEXT NOT NULL UNIQUE, colony_name TEXT NOT NULL, label TEXT NOT NULL, name TEXT NOT NULL,
    file_ids TEXT NOT NULL, added INTEGER NOT NULL,
    UNIQUE (colony_name, name)
);

-- Definitions, blueprints and their history outlive their colony.
CREATE TABLE blueprint_definitions (
    id TEXT NOT NULL UNIQUE, colony_name TEXT NOT NULL, name TEXT NOT NULL,
    -- That of the names in the definition.
    kind TEXT NOT NULL, definition TEXT NOT NULL,
    UNIQUE (colony_name, name)
);
CREATE INDEX blueprint_definitions_by_kind ON blueprint_definitions (colony_name, kind, name);

CREATE TABLE blueprints (
    id TEXT NOT NULL UNIQUE, colony_name TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    metadata TEXT NOT NULL, spec TEXT NOT NULL, status TEXT NOT NULL,
    UNIQUE (colony_name, name)
);
CREATE INDEX blueprints_by_kind ON blueprints (colony_name, kind, name);

CREATE TABLE blueprint_history (
    id TEXT NOT NULL, blueprint_id TEXT NOT NULL, kind TEXT NOT NULL, colony_name TEXT NOT NULL,
    name TEXT NOT NULL, generation INTEGER NOT NULL, spec TEXT NOT NULL, status TEXT NOT NULL,
    time INTEGER NOT NULL, changed_by TEXT NOT NULL, change_type TEXT NOT NULL
);
CREATE INDEX blueprint_history_by_blueprint ON blueprint_history (blueprint_id);
