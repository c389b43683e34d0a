"""Derives the plugin's package schema from the models."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import Any

import registry
from pulumi_agentrun.client.config import Config
from pulumi_agentrun.client.kinds import KINDS, Kind
from pulumi_agentrun.client.models.fields import Model, docstrings
from pulumi_agentrun.lifecycle.casing import camel, name_in_schema, properties
from pulumi_agentrun.lifecycle.check import ADOPT
from pulumi_agentrun.lifecycle.gateway_inputs import ModelGateway
from pulumi_agentrun.lifecycle.hidden_inputs import CHECK_NAMES
from pulumi_agentrun.lifecycle.schema import Shape, field_of, shape_of, shape_of_model
from pulumi_agentrun.lifecycle.secret_refs import Fingerprint, Reference
from pulumi_agentrun.lifecycle.steps import REGION
from pulumi_agentrun.plugin.components import GATEWAY
from pulumi_agentrun.plugin.functions import results
from pulumi_agentrun.plugin.properties import TYPES
from pydantic import SecretStr

Json = dict[str, Any]

MODULE = "agentrun:index"
DETAILS = "Details"
"""What the types of answers end in that are not those of resources."""
PAGING = ("page_number", "page_size")
_SCALARS = {str: "string", SecretStr: "string", int: "integer", float: "number", int | float: "number", bool: "boolean"}
_VARIABLE = re.compile(r"\b(?:AGENTRUN|ALIBABA_CLOUD|FC)(?:_[A-Z]+)+\b")
_RENAMED = {"Provider": "ModelProvider"}  # every SDK has a class Provider, which configures the plugin
_LANGUAGES: Json = {
    # This package is `pulumi_agentrun` already; the SDK made from the schema can stand beside it.
    "python": {"packageName": "pulumi_agentrun_sdk", "pyproject": {"enabled": True}, "respectSchemaVersion": True},
    "nodejs": {"packageName": "pulumi-agentrun", "respectSchemaVersion": True},
    "go": {
        "importBasePath": f"{registry.GO_MODULE}/agentrun",
        "generateResourceContainerTypes": True,
        "respectSchemaVersion": True,
    },
    "csharp": {"namespaces": {"agentrun": "AgentRun"}, "respectSchemaVersion": True},
}


def in_schema(docstring: str) -> str:
    """Return a docstring of the models with the properties that it names as the schema spells them."""
    return re.sub(r"\b[a-z]+(?:_[a-z0-9]+)+\b", lambda word: name_in_schema(word[0]), docstring)


class Types:
    """The object and enum types that properties refer to, gathered as they are met."""

    def __init__(self, described: dict[str, str]) -> None:
        self.found: Json = {}
        self._described = described
        self._has_keys = True

    @property
    def without_keys(self) -> Types:
        """The same, for what functions answer: keys and where they come from are left out."""
        shown = Types(self._described)
        shown.found, shown._has_keys = self.found, False
        return shown

    def property_of(self, name: str, shape: Shape) -> Json:
        """Return the schema of a property."""
        spec = self._type_of(shape)
        if text := self._described.get(name) or shape.description:
            spec["description"] = in_schema(text)
        if is_secret(shape):
            spec["secret"] = True
        return spec

    def _type_of(self, shape: Shape) -> Json:
        if shape.fields is not None:
            return self._object(shape.annotation)
        if shape.item is not None:
            return {"type": "array", "items": self._type_of(shape.item)}
        if shape.entry is not None:
            return {"type": "object", "additionalProperties": self._type_of(shape.entry)}
        if shape.annotation in _SCALARS:
            return {"type": _SCALARS[shape.annotation]}
        return {"type": "string"} if words_of(shape) else {"$ref": "pulumi.json#/Any"}

    def choice_of(self, words: type[Enum]) -> Json:
        """Return the schema of one of some words, or another."""
        values = [{"name": word.name.title().replace("_", ""), "value": word.value} for word in words]
        spec = {"type": "string", "description": words.__doc__, "enum": values}
        return {"oneOf": [{"type": "string"}, self._ref(words, spec)]}

    def _object(self, model: type[Model]) -> Json:
        spec = self.input_of(model)
        settable = [s for s in shape_of_model(model).values() if s.mark(Fingerprint) is None]
        return self._ref(model, spec, DETAILS if len(spec["properties"]) < len(settable) else "")

    def input_of(self, model: type[Model]) -> Json:
        """Return the schema of an object with all that a program can set in it."""
        shapes = {k: s for k, s in shape_of_model(model).items() if s.mark(Fingerprint) is None}
        required = [name for name, field in model.model_fields.items() if field.is_required()]
        return object_type(" ".join((model.__doc__ or "").split()), self, self.shown(shapes), required)

    def shown(self, shapes: dict[str, Shape]) -> dict[str, Shape]:
        """Return the shapes of what may be shown."""
        return {name: shape for name, shape in shapes.items() if self._has_keys or not _is_key(shape)}

    def _ref(self, thing: type, spec: Json, suffix: str = "") -> Json:
        name = _RENAMED.get(thing.__name__, thing.__name__) + suffix
        self.found[f"{MODULE}:{name}"] = spec
        return {"$ref": f"#/types/{MODULE}:{name}"}


def is_secret(shape: Shape) -> bool:
    """Say whether a property is secret, all of a list or a map of secrets: a schema marks nothing inside them."""
    inner = shape.item or shape.entry
    return is_secret(inner) if inner else shape.is_secret


def _is_key(shape: Shape) -> bool:
    """Say whether a property is a key or says where one is, or all of a list or a map of keys."""
    return is_secret(shape) or shape.mark(Reference) is not None


def words_of(shape: Shape) -> type[Enum] | None:
    """Return the words that the API knows for a value, if it is a word."""
    parts = getattr(shape.annotation, "__args__", ()) if shape.is_leaf else ()
    return next((part for part in parts if issubclass(part, Enum)), None)


def object_type(description: str, types: Types, shapes: dict[str, Shape], required: Iterable[str]) -> Json:
    """Return the schema of an object."""
    return {
        "type": "object",
        "description": description,
        "properties": {camel(name): types.property_of(name, shape) for name, shape in shapes.items()},
        "required": sorted(map(camel, required)),
    }


def resource(kind: Kind[Any], types: Types) -> Json:
    """Return the schema of a kind's resource."""
    shapes = {name: shape for name, shape in shown_of(kind).items() if name not in kind.fleeting}
    spec: Json = {name: types.property_of(name, shape) for name, shape in shapes.items()}
    given: Json = {}
    for name in [ADOPT, *shape_of(kind).settable]:
        given[camel(name)] = dict(spec[name])
        if words := words_of(shapes[name]):  # only here: no SDK reads a choice back from an output
            del given[camel(name)]["type"]
            given[camel(name)] |= types.choice_of(words)
        if field_of(kind, name) in kind.immutable:
            given[camel(name)]["willReplaceOnChanges"] = True
        field = kind.create_input.model_fields.get(name)
        default = field and field.default
        if isinstance(default, (bool, int, float)):
            given[camel(name)]["default"] = default
    always = {kind.name_field, *kind.required} | ({"status"} if kind.has_status else set())
    return {
        "description": " ".join((kind.model.__doc__ or "").split()),
        "inputProperties": given,
        "requiredInputs": sorted(map(camel, kind.required)),
        "properties": {camel(name): spec[name] for name in shapes if name != ADOPT},
        "required": sorted(map(camel, always)),
    }


def shown_of(kind: Kind[Any]) -> dict[str, Shape]:
    """Return the shapes of everything that a resource of a kind shows people."""
    return {name: shape for name, shape in properties(kind).items() if shape.mark(Fingerprint) is None}


def functions(kind: Kind[Any], types: Types) -> Json:
    """Return the schemas of a kind's functions, by token."""
    shapes = types.without_keys.shown({name: shape for name, shape in shown_of(kind).items() if name != ADOPT})
    name = kind.name_field
    asked = f"The name of the {kind.title}. Of one that the same program makes, the `id`: it is known once it exists."
    details = f"{kind.model.__name__}{DETAILS}"
    shown = object_type(f"A {kind.title} as it is, without its keys.", types.without_keys, shapes, [name])
    types.found[f"{MODULE}:{details}"] = shown
    if kind.item:
        details = f"{kind.item.__name__}{DETAILS}"
        text = f"A {kind.title} as a list shows it."
        item = {**shape_of_model(kind.item), REGION: shapes[REGION]}
        types.found[f"{MODULE}:{details}"] = object_type(text, types.without_keys, item, [name])
    listed = {"type": "array", "items": {"$ref": f"#/types/{MODULE}:{details}"}}
    filters = {key: shape for key, shape in shape_of_model(kind.list_input).items() if key not in PAGING}
    return {
        f"{MODULE}:get{kind.token}": {
            "description": f"Look up a {kind.title} by its name.",
            "inputs": {
                "type": "object",
                "properties": {camel(name): {"type": "string", "description": asked}},
                "required": [camel(name)],
            },
            "outputs": shown,
        },
        f"{MODULE}:list{kind.plural}": {
            "description": f"List the {kind.collection.replace('-', ' ')} of the account and region.",
            "inputs": {k: v for k, v in object_type("", types, filters, []).items() if k != "description"},
            "outputs": {
                "type": "object",
                "properties": {results(kind): {**listed, "description": "What was found."}},
                "required": [results(kind)],
            },
        },
    }


def component(types: Types) -> Json:
    """Return the schema of the component."""
    given = types.input_of(ModelGateway)
    text = {"type": "string"}
    shown = {
        "endpoint": text | {"description": "The URL that applications call."},
        "modelName": text | {"description": "The model to ask for by default: the first of the heaviest service."},
        "modelNames": {
            "type": "array",
            "items": text,
            "description": "The models that applications can ask for: those of the services with a weight.",
        },
        "modelProxyName": text | {"description": "The proxy's name in the API; its logical name is the gateway's."},
        "modelServiceNames": {
            "type": "object",
            "additionalProperties": text,
            "description": "The services' names in the API, under their keys.",
        },
        "credentialName": text
        | {"description": "The name of the credential that callers must present; never the credential itself."},
        "contract": {  # no type of its own, or each language would export its fields in another spelling
            "type": "object",
            "additionalProperties": {"$ref": "pulumi.json#/Any"},
            "description": "All this as one value with a version: export it, and read it in other stacks.",
        },
    }
    return {
        "isComponent": True,
        "description": given["description"],
        "inputProperties": given["properties"],
        "requiredInputs": given["required"],
        "properties": shown,
        "required": sorted(shown.keys() - {"credentialName"}),
    }


def configuration() -> tuple[Json, Json]:
    """Return the schemas of the settings of a stack, with the variables that stand in for them, and of a provider.

    A provider's own have no variables: an SDK would read those in the program, and write what it finds into state,
    secrets too, and a token beside somebody else's key. The plugin reads them where it runs, from one source whole.
    """
    texts = docstrings(Config)
    names = {"endpoint": "endpoint", "region": "region", "account_id": "accountId", "access_key_id": "accessKeyId"}
    secrets = {"access_key_secret": "accessKeySecret", "security_token": "securityToken"}
    settings: Json = {
        name: {"type": "string", "description": texts[field]} for field, name in (names | secrets).items()
    }
    for name in secrets.values():
        settings[name]["secret"] = True
    settings["allowInsecure"] = {"type": "boolean", "description": texts["allow_insecure"]}
    settings["readyTimeout"] = {
        "type": "number",
        "description": "Seconds that a create, update or delete may take in all (600 unless given).",
    }
    settings[CHECK_NAMES] = {
        "type": "boolean",
        "description": "Whether previews look for names of new resources that are taken already (false unless given).",
    }
    found = {key: _VARIABLE.findall(setting["description"]) for key, setting in settings.items()}
    named = {
        key: setting | ({"defaultInfo": {"environment": found[key]}} if found[key] else {})
        for key, setting in settings.items()
    }
    return named, settings


def package(described: dict[str, str]) -> Json:
    """Return the schema; `described` has the sentences of properties that no model documents."""
    types, (variables, settings) = Types(described), configuration()
    resources = {token: resource(kind, types) for token, kind in TYPES.items()} | {GATEWAY: component(types)}
    found = [functions(kind, types) for kind in KINDS]
    spec: Json = {
        "name": "agentrun",
        "displayName": "AgentRun",
        "description": "AgentRun's model services and model proxies.",
        "keywords": ["pulumi", "agentrun", "llm", "category/cloud", "kind/native"],
        "license": "Apache-2.0",
        "publisher": "pulumi-agentrun",
        **registry.PLACES,
        "language": _LANGUAGES,
        "config": {"variables": variables},
        "provider": {
            "description": "Where AgentRun is, and as whom to work there.",
            "inputProperties": settings,
        },
        "types": dict(sorted(types.found.items())),
        "resources": resources,
        "functions": {token: spec for several in found for token, spec in several.items()},
    }
    registry.add_examples(spec)
    return spec
