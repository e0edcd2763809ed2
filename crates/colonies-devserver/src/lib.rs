//! An embedded Colonies server for development and tests.
