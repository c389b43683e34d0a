"""The rules, a file a concern."""
