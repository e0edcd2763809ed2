"""Child processes that run functions: spawned, never forked, and used again.

Nothing is imported here: a program that only registers functions loads `call`, a running executor `pool`.
"""
