"""Where a real server answers otherwise than the embedded one, and why: by the name of the test.

Against a server of the environment these tests have to fail, so that a difference that is gone is noticed.
They are never skipped. `docs/server-differences.md` tells users what differs.
"""

from __future__ import annotations

#: Names as pytest has them, without the folder: ``test_file.py::test_name``.
DIFFERENCES: dict[str, str] = {
    "test_files.py::test_a_snapshot_reads_back_to_the_last_digit": (
        "the answer to a creation has nanoseconds, the database that is read later microseconds"
    ),
}

#: Recorded scenarios that a real server does not play alike each time, and why. Against a server of the
#: environment they get three tries.
RACES: dict[str, str] = dict.fromkeys(
    (
        "scheduling.deadlines",
        "scheduling.max_exec_time",
        "scheduling.max_exec_time_zero",
        "scheduling.max_wait_time",
        "scheduling.max_wait_time_off",
        "scheduling.retries",
        "scheduling.retries_keep_the_place",
        "scheduling.retries_unlimited",
        "workflow.deadline",
        "workflow.wait_deadline",
    ),
    "a process is stored as failed first, and what went wrong a moment later; between the two there are none",
)

#: Recorded scenarios with limits of a second or two, which a busy machine may miss. They get three tries.
TIMED = {
    "channel.retried",
    "generator.timeout",
    "pubsub.again_and_again",
    "scheduling.retries",
    "scheduling.retries_unlimited",
}

#: Recorded faults of a real server that harm others. The embedded server has them only when it is realistic.
FAULTS: dict[str, str] = {
    "cron.run_by_outsiders": "a cron runs for strangers, who are refused afterwards",
    "log.same_executor_name": "the log of an executor shows lines of its namesakes in other colonies",
}
