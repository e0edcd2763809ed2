"""What is behind `submit` and `map`: handles of processes, and how their ends are learnt of.

`_client.submitting` has the calls. This package is loaded when the first of them is used, as
`concurrent.futures` takes a while to load.
"""
