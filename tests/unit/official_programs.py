"""Programs for the official SDK (agentrun-sdk 0.0.54), after its README, examples, tests and signatures.

They are text, for nothing but their imports is changed: `from agentrun.model import …` becomes
`from pulumi_agentrun.client import …`. Each runs in an account of its own.
"""

from __future__ import annotations

import re

PRELUDE = """
import asyncio
from agentrun.model import (
    BackendType, ModelClient, ModelFeatures, ModelInfoConfig, ModelParameterRule, ModelProperties, ModelProxy,
    ModelProxyCreateInput, ModelProxyListInput, ModelProxyUpdateInput, ModelService, ModelServiceCreateInput,
    ModelServiceListInput, ModelServiceUpdateInput, ModelType, Provider, ProviderSettings, ProxyConfig,
    ProxyConfigEndpoint, ProxyConfigFallback, ProxyConfigPolicies,
)
from agentrun.model.model import ProxyMode
from agentrun.utils.config import Config
from agentrun.utils.exception import HTTPError, ResourceAlreadyExistError, ResourceNotExistError
from agentrun.utils.model import NetworkConfig, NetworkMode, Status

def service(name="s", **more):
    return ModelServiceCreateInput(
        model_service_name=name, model_type=ModelType.LLM, provider="openai",
        provider_settings=ProviderSettings(api_key="sk-of-a-test", base_url="https://e.example/v1", model_names=["m"]),
        **more,
    )

def proxy(name="p", *services, **more):
    endpoints = [ProxyConfigEndpoint(model_names=["m"], model_service_name=one) for one in services or ("s",)]
    return ModelProxyCreateInput(
        model_proxy_name=name, model_type=ModelType.LLM, proxy_config=ProxyConfig(endpoints=endpoints), **more
    )

def both():
    client = ModelClient()
    client.create(service())
    client.create(proxy())
    return client

def raised(error, call):
    try:
        call()
    except error as caught:
        return caught
    raise AssertionError("nothing was raised")
"""

RUN = {
    # imports
    "the errors": "from agentrun.utils.exception import AgentRunError, ClientError, DeleteResourceError, ServerError",
    "from the package itself": "from agentrun import Config, ModelClient, ResourceNotExistError, Status",
    "the module as a name": "from agentrun import model\nassert model.ModelType.LLM == 'llm'",
    "shared models": "from agentrun.utils.model import NetworkConfig, NetworkMode, PageableInput, Status",
    "the groups of fields": """
from agentrun.model.model import (
    ModelProxyImmutableProps, ModelProxyMutableProps, ModelProxySystemProps, ModelServiceImmutableProps,
    ModelServiceMutableProps, ModelServicesSystemProps, ProxyConfigAIGuardrailConfig, ProxyConfigTokenRateLimiter,
)
""",
    # configuration
    "nothing set": "ModelClient().list(ModelServiceListInput())",
    "the client's configuration": "assert ModelClient(Config()).list(ModelServiceListInput()) == []",
    "by position": """
config = Config("id", "secret", "token", "123", "data", "cn-shanghai", 60, 120, "https://e.example")
assert config.get_access_key_id() == "id" and config.get_access_key_secret() == "secret"
assert config.get_security_token() == "token" and config.get_account_id() == "123" and config.get_token() == "data"
assert config.get_region_id() == "cn-shanghai" and config.get_control_endpoint() == "https://e.example"
assert config.get_timeout() == 60 and config.get_read_timeout() == 120
""",
    "by keyword": """
config = Config(
    region_id="cn-beijing", access_key_id="id", access_key_secret="secret", timeout=600, read_timeout=100000,
)
assert (config.get_region_id(), config.get_timeout(), config.get_read_timeout()) == ("cn-beijing", 600, 100000)
""",
    "headers": "assert Config(headers={'X-A': 'b'}).get_headers() == {'X-A': 'b'} and Config().get_headers() == {}",
    "the data plane's settings": """
config = Config(
    account_id="1", token="t", data_endpoint="https://d.example", devs_endpoint="https://v.example",
    bailian_endpoint="https://b.example", use_vpc_endpoint=True,
)
assert config.get_data_endpoint() == "https://d.example" and config.get_token() == "t"
""",
    "endpoints that follow": """
config = Config(region_id="cn-shanghai", account_id="1", control_endpoint="https://c.example")
assert config.get_data_endpoint() == "https://1.agentrun-data.cn-shanghai.aliyuncs.com"
assert config.get_control_endpoint() == "https://c.example"
""",
    "configurations put together": """
config = Config.with_configs(Config(region_id="a", account_id="1"), None, Config(region_id="b"))
assert (config.get_region_id(), config.get_account_id()) == ("b", "1")
""",
    "a configuration over another": "assert Config(region_id='a').update(Config(region_id='b')).get_region_id() == 'b'",
    "the account of the environment": """
import os
os.environ["AGENTRUN_ACCOUNT_ID"] = "of-the-environment"
assert Config().get_account_id() == "of-the-environment"
""",
    "a configuration for one call": "both().get('s', BackendType.SERVICE, Config(timeout=600))",
    # enums
    "kinds of backend": "assert (BackendType.PROXY, BackendType.SERVICE) == ('proxy', 'service')",
    "types of model": """
assert ModelType.LLM == "llm" and ModelType.EMBEDDING.value == "text-embedding" and ModelType("rerank")
assert [ModelType.SPEECH2TEXT, ModelType.TTS, ModelType.MODERATION] == ["speech2text", "tts", "moderation"]
""",
    "providers": """
assert [Provider.OpenAI, Provider.Anthropic, Provider.BaiChuan, Provider.DeepSeek] == [
    "openai", "anthropic", "baichuan", "deepseek"]
assert [Provider.Gemini, Provider.HunYuan, Provider.MiniMax, Provider.MoonShot, Provider.Spark, Provider.StepFun] == [
    "gemini", "hunyuan", "minimax", "moonshot", "spark", "stepfun"]
assert [Provider.Tongyi, Provider.VertexAI, Provider.WenXin, Provider.Yi, Provider.ZhiPuAI, Provider.Custom] == [
    "tongyi", "vertex_ai", "wenxin", "yi", "zhipuai", "custom"]
""",
    "modes": "assert ProxyMode.MULTI == 'multi' and NetworkMode.PUBLIC_AND_PRIVATE.value == 'PUBLIC_AND_PRIVATE'",
    "final statuses": """
assert Status.READY.is_final() and Status.is_final_status(None) and not Status.is_final_status(Status.CREATING)
""",
    # inputs
    "an input that is changed": """
wanted = service()
wanted.description = "later"
assert ModelClient().create(wanted).description == "later"
""",
    "settings as a dictionary": """
wanted = ModelServiceCreateInput(
    model_service_name="s", model_type="llm", provider="tongyi",
    provider_settings={"api_key": "k", "model_names": ["m"]},
)
assert ModelClient().create(wanted).provider_settings.model_names == ["m"]
""",
    "a network": """
assert NetworkConfig().network_mode == NetworkMode.PUBLIC
network = NetworkConfig(network_mode=NetworkMode.PRIVATE, vpc_id="v", vswitch_ids=["w"], security_group_id="g")
made = ModelClient().create(service(network_configuration=network))
assert made.network_configuration.vpc_id == "v" and made.network_configuration.network_mode == "PRIVATE"
""",
    "what a model is": """
info = ModelInfoConfig(
    model_name="m", model_features=ModelFeatures(tool_call=True, vision=False),
    model_properties=ModelProperties(context_size=4096),
    model_parameter_rules=[ModelParameterRule(name="t", type="float", min=0, max=2, default=0.7, required=False)],
)
made = ModelClient().create(service(model_info_configs=[info]))
assert made.model_info_configs[0].model_properties.context_size == 4096
assert made.model_info_configs[0].model_parameter_rules[0].max == 2
""",
    "policies": """
from agentrun.model.model import ProxyConfigAIGuardrailConfig, ProxyConfigTokenRateLimiter
policies = ProxyConfigPolicies(
    cache=True, concurrency_limit=5, num_retries=2, request_timeout=30,
    fallbacks=[ProxyConfigFallback(model_name="m", model_service_name="s")],
    ai_guardrail_config=ProxyConfigAIGuardrailConfig(check_request=True, check_response=False),
    token_rate_limiter=ProxyConfigTokenRateLimiter(tps=1, tpm=2, tph=3, tpd=4),
)
client = ModelClient()
client.create(service())
endpoint = ProxyConfigEndpoint(model_names=["m"], model_service_name="s", weight=3)
made = client.create(ModelProxyCreateInput(
    model_proxy_name="p", proxy_config=ProxyConfig(endpoints=[endpoint], policies=policies)))
assert made.proxy_config.policies.fallbacks[0].model_service_name == "s"
assert made.proxy_config.policies.token_rate_limiter.tpd == 4 and made.proxy_config.endpoints[0].weight == 3
""",
    "defaults of a proxy": "assert (proxy().cpu, proxy().memory) == (2, 4096)",
    # calls
    "create a service": """
made = ModelClient().create(service(description="d"))
assert isinstance(made, ModelService) and (made.model_service_name, made.description) == ("s", "d")
assert made.model_type == "llm" and made.provider == "openai" and made.model_service_id and made.created_at
""",
    "create a proxy": """
client = ModelClient()
client.create(service())
made = client.create(proxy(execution_role_arn="acs:ram::1:role/r", cpu=4, memory=8192))
assert isinstance(made, ModelProxy) and (made.cpu, made.memory, made.proxy_mode) == (4, 8192, ProxyMode.SINGLE)
assert made.model_proxy_id and made.endpoint
""",
    "the mode of several endpoints": """
client = ModelClient()
client.create(service("a")), client.create(service("b"))
assert client.create(proxy("p", "a", "b")).proxy_mode == ProxyMode.MULTI
""",
    "create by keywords": "ModelClient(config=None).create(input=service(), config=None)",
    "get a service": "assert isinstance(both().get('s', BackendType.SERVICE), ModelService)",
    "get a proxy": "assert isinstance(both().get(name='p', backend_type=BackendType.PROXY), ModelProxy)",
    "get whichever there is": """
client = both()
assert isinstance(client.get("s"), ModelService) and isinstance(client.get("p"), ModelProxy)
""",
    "update a service": """
client = both()
changed = client.update("s", ModelServiceUpdateInput(description="new"))
assert changed.description == "new" and client.get("s").provider_settings.model_names == ["m"]
""",
    "update a proxy": """
client = both()
wanted = ModelProxyUpdateInput(description="new", execution_role_arn="acs:ram::1:role/r")
changed = client.update(name="p", input=wanted)
assert isinstance(changed, ModelProxy) and changed.description == "new"
""",
    "delete a service": """
client = ModelClient()
client.create(service())
assert isinstance(client.delete("s", BackendType.SERVICE), ModelService)
""",
    "delete whichever there is": """
client = both()
assert isinstance(client.delete("p"), ModelProxy) and isinstance(client.delete("s"), ModelService)
""",
    "list services": "assert [s.model_service_name for s in both().list(ModelServiceListInput())] == ['s']",
    "list proxies": "assert [p.model_proxy_name for p in both().list(ModelProxyListInput())] == ['p']",
    "list a page": """
client = ModelClient()
for number in range(5):
    client.create(service(f"s{number}"))
page = client.list(ModelServiceListInput(page_number=2, page_size=2))
assert [s.model_service_name for s in page] == ["s2", "s3"]
""",
    "list with filters": """
client = both()
assert client.list(ModelServiceListInput(model_type=ModelType.EMBEDDING)) == []
assert len(client.list(ModelServiceListInput(provider="openai", model_type=ModelType.LLM))) == 1
assert client.list(ModelProxyListInput(proxy_mode="multi")) == []
assert len(client.list(ModelProxyListInput(status=Status.READY))) == 1
""",
    "a name that is taken": "assert str(raised(ResourceAlreadyExistError, lambda: both().create(service())))",
    "a proxy's name that is taken": "raised(ResourceAlreadyExistError, lambda: both().create(proxy()))",
    "what there is not": """
client = ModelClient()
for call in (
    lambda: client.get("a"), lambda: client.get("a", BackendType.PROXY), lambda: client.delete("a"),
    lambda: client.update("a", ModelServiceUpdateInput()), lambda: client.update("a", ModelProxyUpdateInput()),
):
    raised(ResourceNotExistError, call)
""",
    "what an error carries": """
refused = raised(HTTPError, lambda: ModelClient().list(ModelServiceListInput(page_size=-1)))
assert refused.status_code == 400 and refused.message and refused.request_id
""",
    # calls on an event loop
    "a service's life on an event loop": """
async def main():
    client = ModelClient()
    assert isinstance(await client.create_async(service()), ModelService)
    assert (await client.update_async("s", ModelServiceUpdateInput(description="new"))).description == "new"
    assert (await client.get_async("s", BackendType.SERVICE)).description == "new"
    assert len(await client.list_async(ModelServiceListInput(model_type=ModelType.LLM))) == 1
    await client.delete_async("s", backend_type=BackendType.SERVICE)
asyncio.run(main())
""",
    "a proxy's life on an event loop": """
async def main():
    client = ModelClient()
    await client.create_async(service())
    assert isinstance(await client.create_async(proxy()), ModelProxy)
    assert (await client.update_async("p", ModelProxyUpdateInput(description="new"))).description == "new"
    assert (await client.get_async(name="p")).description == "new"
    assert len(await client.list_async(ModelProxyListInput())) == 1
    assert isinstance(await client.delete_async("p"), ModelProxy)
asyncio.run(main())
""",
    "errors on an event loop": """
async def main():
    client = ModelClient()
    await client.create_async(service())
    for error, call in (
        (ResourceAlreadyExistError, client.create_async(service())),
        (ResourceNotExistError, client.get_async("a", BackendType.PROXY)),
    ):
        try:
            await call
        except error:
            continue
        raise AssertionError(error)
asyncio.run(main())
""",
    "many at once": """
async def main():
    client = ModelClient()
    await asyncio.gather(*(client.create_async(service(f"s{number}")) for number in range(8)))
    assert len(await client.list_async(ModelServiceListInput(page_size=50))) == 8
asyncio.run(main())
""",
    # objects
    "refresh": """
client = both()
found = client.get("s", BackendType.SERVICE)
client.update("s", ModelServiceUpdateInput(description="new"))
assert found.refresh() is found and found.description == "new" and found.get() is found
""",
    "update it": """
found = both().get("p", BackendType.PROXY)
assert found.update(ModelProxyUpdateInput(description="new")) is found and found.description == "new"
""",
    "delete it": """
found = both().get("p")
found.delete()
raised(ResourceNotExistError, found.refresh)
""",
    "wait until it is ready": """
seen = []
made = ModelClient().create(service())
made.wait_until_ready_or_failed(lambda found: seen.append(found.status), interval_seconds=1, timeout_seconds=60)
assert made.status == Status.READY and seen[-1] == "READY"
""",
    "delete and wait": """
made = ModelClient().create(proxy())
made.wait_until_ready_or_failed()
made.delete_and_wait_until_finished()
raised(ResourceNotExistError, made.refresh)
made.delete_and_wait_until_finished(interval_seconds=1, timeout_seconds=5)
""",
    "an object's life on an event loop": """
async def main():
    made = await ModelProxy.create_async(proxy())
    await made.wait_until_ready_or_failed_async(callback=lambda found: None)
    await made.update_async(ModelProxyUpdateInput(description="new"))
    assert (await made.get_async()).description == (await made.refresh_async()).description == "new"
    await made.delete_and_wait_until_finished_async()
    assert await ModelProxy.list_all_async() == []
asyncio.run(main())
""",
    "by name": """
assert ModelService.create(service()).model_service_name == "s"
assert ModelService.update_by_name("s", ModelServiceUpdateInput(description="new")).description == "new"
assert ModelService.get_by_name("s", config=None).description == "new"
ModelService.delete_by_name("s")
raised(ResourceNotExistError, lambda: ModelService.get_by_name("s"))
""",
    "by name on an event loop": """
async def main():
    await ModelService.create_async(service())
    await ModelService.update_by_name_async("s", ModelServiceUpdateInput(description="new"))
    assert (await ModelService.get_by_name_async("s")).description == "new"
    await ModelService.delete_by_name_async("s")
asyncio.run(main())
""",
    "all of a kind": """
client = ModelClient()
for number in range(60):
    client.create(service(f"s{number:02}"))
assert len(ModelService.list_all()) == 60
assert len(ModelService.list_all(model_type=ModelType.LLM, provider="openai", config=Config())) == 60
assert ModelService.list_all(provider="tongyi") == [] and ModelProxy.list_all() == []
""",
    "a configuration of its own": "assert both().get('s').set_config(Config(timeout=600)).refresh().status == 'READY'",
    "the official example": """
client = ModelClient()
try:
    ms = client.create(service("sdk-test-model-service"))
except ResourceAlreadyExistError:
    ms = client.get(name="sdk-test-model-service", backend_type=BackendType.SERVICE)
ms.wait_until_ready_or_failed()
if ms.status != Status.READY:
    raise Exception(f"state: {ms.status}")
ms.update(ModelServiceUpdateInput(description="now"))
ms.wait_until_ready_or_failed()
assert f"{ms.status}" and [c.model_service_name for c in client.list(ModelServiceListInput(model_type=ModelType.LLM))]
mp = client.create(proxy("sdk-test-model-proxy", "sdk-test-model-service"))
mp.wait_until_ready_or_failed()
mp.delete_and_wait_until_finished()
ms.delete()
try:
    ms.refresh()
except ResourceNotExistError as e:
    assert str(e)
else:
    raise AssertionError
""",
    # credentials
    "the names of credentials": """
from agentrun import Credential, CredentialBasicAuth, CredentialClient, CredentialConfig, CredentialCreateInput
from agentrun import CredentialListInput, CredentialUpdateInput, RelatedResource
from agentrun.credential.model import CredentialAuthType, CredentialListOutput, CredentialSourceType
assert (CredentialAuthType.AKSK, CredentialSourceType.LLM) == ("ak_sk", "external_llm")
""",
    "a credential's life": """
from agentrun.credential import CredentialClient, CredentialConfig, CredentialCreateInput, CredentialUpdateInput
client = CredentialClient()
made = client.create(CredentialCreateInput(
    credential_name="c", description="d",
    credential_config=CredentialConfig.outbound_llm_api_key("sk-of-a-test", "openai"),
))
assert (made.credential_auth_type, made.credential_source_type) == ("api_key", "external_llm")
raised(ResourceAlreadyExistError, lambda: client.create(CredentialCreateInput(
    credential_name="c", credential_config=CredentialConfig.inbound_api_key("k"),
)))
rotated = CredentialConfig.inbound_api_key("k")
changed = client.update("c", CredentialUpdateInput(enabled=False, credential_config=rotated))
assert (changed.enabled, changed.description, changed.credential_source_type) == (False, "d", "external_llm")
assert client.get("c").updated_at == changed.updated_at > made.updated_at
client.delete(credential_name="c")
raised(ResourceNotExistError, lambda: client.get("c"))
""",
    "a list of credentials": """
from agentrun.credential import Credential, CredentialClient, CredentialConfig, CredentialCreateInput
from agentrun.credential import CredentialListInput
for name in ("a", "b"):
    config = CredentialConfig.inbound_static_jwt(jwks='{"keys": []}')
    Credential.create(CredentialCreateInput(credential_name=name, credential_config=config))
first, second = CredentialClient().list()
assert (first.credential_name, first.related_resource_count) == ("a", 0)
assert first.to_credential().credential_public_config.jwks == '{"keys": []}'
assert CredentialClient().list(CredentialListInput(credential_auth_type="basic")) == []
assert [item.credential_name for item in Credential.list_all(credential_name="b")] == ["b"]
""",
    "an object that is a credential": """
from agentrun.credential import Credential, CredentialBasicAuth, CredentialConfig, CredentialCreateInput
from agentrun.credential import CredentialUpdateInput
users = [CredentialBasicAuth(username="u", password="p")]
config = CredentialConfig.inbound_basic(users)
credential = Credential.create(CredentialCreateInput(credential_name="c", credential_config=config))
assert credential.update(CredentialUpdateInput(description="new")).refresh().description == "new"
assert credential.get().credential_public_config.users[0].username == "u"
credential.delete()
raised(ResourceNotExistError, credential.refresh)
""",
    "each way to make a credential": """
from agentrun.credential import CredentialClient, CredentialConfig, CredentialCreateInput
made = [
    CredentialConfig.inbound_remote_jwt("https://e.example/jwks", timeout=1, ttl=2),
    CredentialConfig.outbound_tool_api_key("k"),
    CredentialConfig.outbound_tool_ak_sk("p", "id", "secret", "1"),
    CredentialConfig.outbound_tool_ak_sk_custom({"a": "b"}),
    CredentialConfig.outbound_tool_custom_header({"X-A": "b"}),
]
for number, config in enumerate(made):
    CredentialClient().create(CredentialCreateInput(credential_name=f"c{number}", credential_config=config))
assert CredentialClient().get("c0").credential_public_config.remote_config.ttl == 2
""",
    "credentials on an event loop": """
from agentrun.credential import CredentialClient, CredentialConfig, CredentialCreateInput, CredentialUpdateInput
async def main():
    client = CredentialClient()
    config = CredentialConfig.inbound_api_key("k", header_key="X-Key")
    made = await client.create_async(CredentialCreateInput(credential_name="c", credential_config=config))
    await client.update_async("c", CredentialUpdateInput(description="d"))
    assert (await made.refresh_async()).description == (await client.get_async("c")).description == "d"
    (item,) = await client.list_async()
    assert (await item.to_credential_async()).credential_public_config.header_key == "X-Key"
    await client.delete_async("c")
asyncio.run(main())
""",
}
"""Programs that run here, by what they do."""

DO_NOT = {
    "talking to a model": (
        "both().get('s').completion(messages=[])",
        "AttributeError",
        "`completion`, `responses`, `embedding` and `model_info` belong to the data plane: use the model's own client.",
    ),
    "the classes of the data plane": (
        "from agentrun.model import ModelCompletionAPI, ModelDataAPI",
        "ImportError",
        "`ModelCompletionAPI` and `ModelDataAPI` belong to the data plane.",
    ),
    "the generated control API": (
        "from agentrun.model import ModelControlAPI",
        "ImportError",
        "`ModelControlAPI` hands out the low-level package's objects, which are not needed here.",
    ),
    "an api key in clear": (
        "assert both().get('s').provider_settings.api_key == 'sk-of-a-test'",
        "AssertionError",
        "`api_key` is a `SecretStr`, so that no log shows it: `api_key.get_secret_value()` is the text.",
    ),
    "a secret in clear": (
        """
from agentrun.credential import Credential, CredentialConfig, CredentialCreateInput
config = CredentialConfig.inbound_api_key("sk-of-a-test")
Credential.create(CredentialCreateInput(credential_name="c", credential_config=config))
assert Credential.get_by_name("c").credential_secret == "sk-of-a-test"
""",
        "AssertionError",
        "`credential_secret` is a `SecretStr` too, and so are the passwords and parts of keys beside it.",
    ),
    "a public configuration as a map": (
        """
from agentrun.credential import CredentialConfig
CredentialConfig.outbound_llm_api_key("k", "openai").credential_public_config["provider"]
""",
        "TypeError",
        "`credential_public_config` is an object with the API's fields, not a map.",
    ),
    "an input with too little": (
        "ModelServiceCreateInput(model_service_name='s')",
        "InvalidArgumentError",
        "An input lacks what the API needs: it is refused when it is made, not by the service.",
    ),
    "an input with too much": (
        "ModelServiceUpdateInput(descripton='d')",
        "InvalidArgumentError",
        "An input has a field that there is not: it is refused with the nearest name, not sent.",
    ),
    "an update of what is fixed": (
        "ModelProxyUpdateInput(cpu=4)",
        "InvalidArgumentError",
        "`cpu`, `memory`, `proxy_mode` and the like can only be set at creation; the official SDK drops them silently.",
    ),
    "a dump by the names of the wire": (
        "assert service().model_dump()['modelServiceName']",
        "KeyError",
        "`model_dump()` has the names of Python; `to_wire()` has those of the wire, `api_key` included.",
    ),
    "the name of a name": (
        "both()\nModelService.get_by_name(model_service_name='s')",
        "TypeError",
        "`get_by_name`, `update_by_name` and `delete_by_name` call their first parameter `name`: give it by position.",
    ),
    "defaults of timeouts": (
        "assert (Config().get_timeout(), Config().get_read_timeout()) == (600, 100000)",
        "AssertionError",
        "An exchange ends after 120 seconds and waits 30 for a piece of an answer, unless a `Config` says otherwise.",
    ),
    "a configuration that is changed": (
        "config = Config(region_id='a')\nconfig.update(Config(region_id='b'))\nassert config.get_region_id() == 'b'",
        "AssertionError",
        "A `Config` never changes, for connections are kept by it: `update` returns another one.",
    ),
}
"""Programs that do not: what becomes of them, and why."""

SIGNATURES = """
ModelClient.__init__(self, config=None)
ModelClient.create(self, input, config=None)
ModelClient.update(self, name, input, config=None)
ModelClient.get(self, name, backend_type=None, config=None)
ModelClient.delete(self, name, backend_type=None, config=None)
ModelClient.list(self, input, config=None)
ModelService.create(input, config=None)
ModelService.update(self, input, config=None)
ModelService.get(self, config=None)
ModelService.refresh(self, config=None)
ModelService.delete(self, config=None)
ModelService.set_config(self, config)
ModelService.wait_until_ready_or_failed(self, callback=None, interval_seconds=5, timeout_seconds=300)
ModelService.delete_and_wait_until_finished(self, callback=None, interval_seconds=5, timeout_seconds=300)
CredentialClient.__init__(self, config=None)
CredentialClient.create(self, input, config=None)
CredentialClient.delete(self, credential_name, config=None)
CredentialClient.update(self, credential_name, input, config=None)
CredentialClient.get(self, credential_name, config=None)
CredentialClient.list(self, input=None, config=None)
"""
"""What the official methods take, in order; those of a proxy are like those of a service, and `_async` ones alike."""
CONFIG = (
    "access_key_id", "access_key_secret", "security_token", "account_id", "token", "region_id", "timeout",
    "read_timeout", "control_endpoint", "data_endpoint", "devs_endpoint", "bailian_endpoint", "use_vpc_endpoint",
    "headers",
)  # fmt: skip
"""What the official configuration takes by position."""


def with_our_imports(program: str) -> str:
    """Return a program with its imports changed, and nothing else."""
    program = re.sub(
        r"^from agentrun import model$", "from pulumi_agentrun import client as model", program, flags=re.M
    )
    return re.sub(r"^from agentrun(\.\w+)* import", "from pulumi_agentrun.client import", program, flags=re.M)
