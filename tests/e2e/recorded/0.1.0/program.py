service = ModelService(
    "qwen",
    model_type="llm",
    provider="tongyi",
    description="recorded",
    provider_settings={"base_url": "https://example.com/v1", "api_key": "sk-recorded", "model_names": ["a", "b"]},
    model_info_configs=[{"model_name": "a", "model_properties": {"context_size": 32768}}],
)
ModelService(
    "named",
    model_type="llm",
    provider="openai",
    model_service_name="recorded-name",
    provider_settings={"api_key_from": "env:RECORDED_KEY"},
)
ModelProxy(
    "gateway",
    description="recorded",
    proxy_config={
        "endpoints": [
            {"model_service_name": service.model_service_name, "model_names": ["a"], "weight": 90},
            {"model_service_name": "recorded-name", "weight": 10},
        ],
        "policies": {"num_retries": 2, "fallbacks": [{"model_service_name": "recorded-name", "model_name": "b"}]},
    },
)
