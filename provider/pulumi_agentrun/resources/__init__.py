"""What programs write: the resources, the gateway as one component, and its contract with other stacks."""
