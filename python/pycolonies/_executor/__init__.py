"""The executor runtime: asks for processes, runs functions, reports what became of them.

Nothing is imported here: child processes need a few of the modules only.
"""
