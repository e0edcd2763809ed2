"""Waiting for processes: threads, pauses and the ends of processes."""
