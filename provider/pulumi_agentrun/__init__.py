"""AgentRun model services and model proxies as Pulumi resources."""
