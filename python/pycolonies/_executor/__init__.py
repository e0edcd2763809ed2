"""The executor runtime: asks for processes, runs functions, reports what became of them."""
