"""The version, as `pyproject.toml` has it; written by tools/generate.py."""

__version__ = "0.1.0"
