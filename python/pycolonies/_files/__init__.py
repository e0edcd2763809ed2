"""Transfers of files between this machine and the S3 store of a colony.

`settings` describes the store, and `names` the allowed names. `walk` lists local files, `records` recorded
ones, `plan` compares them, `apply` transfers them, and `progress` reports on it. `mounts` mounts files for
a process. The native module moves the bytes.
"""
