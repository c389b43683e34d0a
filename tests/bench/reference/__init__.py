"""Other providers for the programs that are measured, through the machinery of either door.

Those that do nothing show what Pulumi itself costs. Those that ask show what it takes to have a resource on the
service at all, with the official client: they create and wait, read, delete and wait, and look after nothing else.
"""
