"""Observers of an executor: statistics, metrics, traces, logs and the live view."""
