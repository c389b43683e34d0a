"""The API's data, a file a kind.

Membership declares the fate of a field: `…ImmutableProps` can only be set at creation, `…MutableProps`
can be updated, `…SystemProps` are the service's own. The diff, the Pulumi resources, the docs and the
policies all read it here.
"""

from .credential import (
    Credential,
    CredentialCreateInput,
    CredentialImmutableProps,
    CredentialListInput,
    CredentialListItem,
    CredentialListOutput,
    CredentialMutableProps,
    CredentialSystemProps,
    CredentialUpdateInput,
    RelatedResource,
)
from .credential_config import (
    CredentialAuthType,
    CredentialBasicAuth,
    CredentialConfig,
    CredentialPublicConfig,
    CredentialRemoteConfig,
    CredentialSourceType,
)
from .exchange import (
    CreateInput,
    ListInput,
    PageableInput,
    StatusProps,
    SystemProps,
    UpdateInput,
)
from .provider import (
    ModelProvider,
    ModelProviderListInput,
)
from .proxy import (
    ModelProxy,
    ModelProxyCreateInput,
    ModelProxyImmutableProps,
    ModelProxyListInput,
    ModelProxyMutableProps,
    ModelProxySystemProps,
    ModelProxyUpdateInput,
)
from .service import (
    ModelService,
    ModelServiceCreateInput,
    ModelServiceImmutableProps,
    ModelServiceListInput,
    ModelServiceMutableProps,
    ModelServicesSystemProps,
    ModelServiceSystemProps,
    ModelServiceUpdateInput,
)

__all__ = [
    "CreateInput",
    "Credential",
    "CredentialAuthType",
    "CredentialBasicAuth",
    "CredentialConfig",
    "CredentialCreateInput",
    "CredentialImmutableProps",
    "CredentialListInput",
    "CredentialListItem",
    "CredentialListOutput",
    "CredentialMutableProps",
    "CredentialPublicConfig",
    "CredentialRemoteConfig",
    "CredentialSourceType",
    "CredentialSystemProps",
    "CredentialUpdateInput",
    "ListInput",
    "ModelProvider",
    "ModelProviderListInput",
    "ModelProxy",
    "ModelProxyCreateInput",
    "ModelProxyImmutableProps",
    "ModelProxyListInput",
    "ModelProxyMutableProps",
    "ModelProxySystemProps",
    "ModelProxyUpdateInput",
    "ModelService",
    "ModelServiceCreateInput",
    "ModelServiceImmutableProps",
    "ModelServiceListInput",
    "ModelServiceMutableProps",
    "ModelServiceSystemProps",
    "ModelServiceUpdateInput",
    "ModelServicesSystemProps",
    "PageableInput",
    "RelatedResource",
    "StatusProps",
    "SystemProps",
    "UpdateInput",
]
