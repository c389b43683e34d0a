"""The ways in which a run ends before its end."""


class RunFailed(Exception):
    """A run ended badly; the text is what the console shows."""


class Stop(Exception):
    """A step failed, and so nothing that was to come after it happens."""
