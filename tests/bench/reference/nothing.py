"""A dynamic provider that does nothing, with the same inputs."""

from __future__ import annotations

from typing import Any

from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider


class NothingProvider(ResourceProvider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("x", props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=False)


class ModelService(Resource):
    def __init__(self, name: str, **props: Any) -> None:
        super().__init__(NothingProvider(), name, props)
