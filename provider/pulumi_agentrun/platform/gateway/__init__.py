"""The data plane: model proxies answer as OpenAI's API does, by what they declare of weights, fallbacks and limits."""
