"""What happens to a resource, as values and flows: no I/O, nothing of Pulumi; both front doors stand on it."""
