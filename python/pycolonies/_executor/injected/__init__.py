"""Source code that arrives with a process: who may send it, and how it runs."""
