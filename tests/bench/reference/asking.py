"""A dynamic provider that asks the service, and does no more than that."""

from __future__ import annotations

import time
from typing import Any

from alibabacloud_agentrun20250910 import models as api
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider

from bench.reference import official


def status(name: str) -> str:
    return str(official.client().get_model_service(name).body.data.status)


class AskingProvider(ResourceProvider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        name, settings = props["model_service_name"], api.ProviderSettings(**props["provider_settings"])
        plain = {key: props[key] for key in ("model_service_name", "model_type", "provider", "description")}
        body = api.CreateModelServiceInput(**plain, provider_settings=settings)
        official.client().create_model_service(api.CreateModelServiceRequest(body=body))
        while (now := status(name)) != "READY":
            time.sleep(official.PAUSE)
        return CreateResult(name, {**props, "status": now})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, {**props, "status": status(id_)})

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=any(olds.get(key) != value for key, value in news.items() if value is not None))

    def delete(self, id_: str, _props: dict[str, Any]) -> None:
        official.client().delete_model_service(id_)
        while True:
            try:
                status(id_)
            except Exception as error:
                if official.is_gone(error):
                    return
                raise
            time.sleep(official.PAUSE)


class ModelService(Resource):
    def __init__(self, name: str, **props: Any) -> None:
        super().__init__(AskingProvider(), name, {**props, "status": None})
