"""Every call, against the embedded server and against any other."""
