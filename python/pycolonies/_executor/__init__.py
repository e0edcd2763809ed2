"""The executor runtime: requests processes, runs functions, reports their results.

Nothing is imported here: child processes need a few of the modules only.
"""
