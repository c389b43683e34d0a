"""The gateway's routing beside LiteLLM's own Router, and its data plane beside the official SDK: `make oracle`."""
