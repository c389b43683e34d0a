"""A page to watch the served platform: what there is, who routes to whom, what became of calls, and controls."""
