"""What differs between the two kinds of resource, as two constants."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from .models import (
    CreateInput,
    ListInput,
    ModelProxy,
    ModelProxyCreateInput,
    ModelProxyListInput,
    ModelProxyUpdateInput,
    ModelService,
    ModelServiceCreateInput,
    ModelServiceListInput,
    ModelServiceUpdateInput,
    SystemProps,
    UpdateInput,
)
from .models.fields import Model, docstrings
from .models.shared import BackendType

R = TypeVar("R", bound=SystemProps)


@dataclass(frozen=True)
class Kind(Generic[R]):
    """A kind of resource: its words in the API and the models of its data."""

    backend_type: BackendType
    title: str
    """The kind in a sentence: `model service`."""
    collection: str
    """Its path segment: `model-services`."""
    actions: tuple[str, str]
    """Its singular and plural in the API's action names: `ModelService`, `ModelServices`."""
    name_field: str
    id_field: str
    model: type[R]
    create_input: type[Model]
    update_input: type[Model]
    list_input: type[Model]

    @cached_property
    def inputs(self) -> frozenset[str]:
        """The fields that a program can set."""
        return frozenset(self.create_input.model_fields)

    @cached_property
    def mutable(self) -> frozenset[str]:
        """The inputs that an update can change."""
        return self.inputs & frozenset(self.update_input.model_fields)

    @cached_property
    def immutable(self) -> frozenset[str]:
        """The inputs that only a replacement can change."""
        return self.inputs - self.mutable

    @cached_property
    def outputs(self) -> frozenset[str]:
        """The fields that only the service sets."""
        return frozenset(self.model.model_fields) - self.inputs

    @cached_property
    def required(self) -> frozenset[str]:
        """The inputs that a program must set; the name is not among them, for it can be derived."""
        fields = self.create_input.model_fields.items()
        return frozenset(name for name, field in fields if field.is_required()) - {self.name_field}

    def describe(self, field: str) -> str:
        """Return the sentence that documents a field."""
        return docstrings(self.model)[field]


SERVICE: Kind[ModelService] = Kind(
    backend_type=BackendType.SERVICE,
    title="model service",
    collection="model-services",
    actions=("ModelService", "ModelServices"),
    name_field="model_service_name",
    id_field="model_service_id",
    model=ModelService,
    create_input=ModelServiceCreateInput,
    update_input=ModelServiceUpdateInput,
    list_input=ModelServiceListInput,
)
PROXY: Kind[ModelProxy] = Kind(
    backend_type=BackendType.PROXY,
    title="model proxy",
    collection="model-proxies",
    actions=("ModelProxy", "ModelProxies"),
    name_field="model_proxy_name",
    id_field="model_proxy_id",
    model=ModelProxy,
    create_input=ModelProxyCreateInput,
    update_input=ModelProxyUpdateInput,
    list_input=ModelProxyListInput,
)
_KINDS: tuple[Kind[Any], ...] = (SERVICE, PROXY)


def kind_of(input: CreateInput[R] | UpdateInput[R] | ListInput[R]) -> Kind[R]:
    """Return the kind that an input is for."""
    for kind in _KINDS:
        if isinstance(input, (kind.create_input, kind.update_input, kind.list_input)):
            return cast("Kind[R]", kind)
    raise TypeError(f"{type(input).__name__} is not an input of a model service or model proxy")


def kind_for(backend_type: BackendType | str) -> Kind[ModelService] | Kind[ModelProxy]:
    """Return the kind that a backend type stands for."""
    return SERVICE if BackendType(backend_type) is BackendType.SERVICE else PROXY
