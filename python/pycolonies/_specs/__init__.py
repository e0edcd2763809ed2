"""Function specs and workflows."""
