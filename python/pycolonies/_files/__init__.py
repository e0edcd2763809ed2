"""The content of files: between this machine and the S3 store of a colony.

`settings` says where the store is, `names` what may be called how, `walk` what lies here, `remote` what lies
there, `plan` what differs, `apply` makes it equal, `progress` tells how far that is. `mounts` lays files out
for a process. Bytes are moved by the native module.
"""
