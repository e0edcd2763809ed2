//! Calls to a Colonies server.
