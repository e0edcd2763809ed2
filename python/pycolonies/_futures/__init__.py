"""Handles of processes, `map` and pools.

`_client.submitting` has the calls. This package is loaded when the first of them is used, as
`concurrent.futures` takes a while to load.
"""
