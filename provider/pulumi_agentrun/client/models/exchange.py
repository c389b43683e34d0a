"""What the inputs of operations are, whatever they are about, and what the service says of any resource.

Source: alibabacloud-agentrun20250910 5.7.5, what `models.ModelService` and `models.ModelProxy` have in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from pydantic import PrivateAttr

from .fields import Model
from .shared import Status, StatusWord

if TYPE_CHECKING:
    from ..config import Config

R = TypeVar("R")


class _Input(Model, Generic[R]):
    if not TYPE_CHECKING:

        def __class_getitem__(cls, answer: object) -> type[_Input]:
            # For type checkers only: a model of its own for each answer would make an import take half as long again.
            return cls


class CreateInput(_Input[R], Generic[R]):
    """The input of a create call, which answers with an R."""


class UpdateInput(_Input[R], Generic[R]):
    """The input of an update call, which answers with an R; what is unset is left alone."""

    _fixed: ClassVar[type[Model]] = Model

    @classmethod
    def _no_such(cls, name: str) -> str:
        """Return what to say of a field that there is not, or that only a creation has."""
        return f"{name} can only be set at creation" if name in cls._fixed.model_fields else super()._no_such(name)


class ListInput(_Input[R], Generic[R]):
    """The input of a list call, whose items are R."""

    page_number: int | None = None
    """The page, counted from 1."""
    page_size: int | None = None
    """Items a page; the service may give fewer."""


PageableInput = ListInput
"""As the official SDK calls it."""


class SystemProps(Model):
    """What the service says of any resource."""

    _of_answers: ClassVar[bool] = True
    created_at: str | None = None
    """When it was created (ISO 8601, with offset)."""
    _request_id: str | None = PrivateAttr(default=None)
    _config: Config | None = PrivateAttr(default=None)

    @property
    def request_id(self) -> str | None:
        """The id of the request that this came from, to give to support."""
        return self._request_id

    @property
    def standing(self) -> Status | str | None:
        """Its status; None where there is none, which counts as settled."""
        return None

    @property
    def reason(self) -> str | None:
        """Why it stands there, if the service says so."""
        return None

    @property
    def changed_at(self) -> str | None:
        """When it was last changed, if the service says so."""
        return None


class StatusProps(SystemProps):
    """What the service says of a resource whose changes take their time."""

    status: StatusWord | None = None
    """Where the resource stands in its life; none counts as settled."""
    status_reason: str | None = None
    """Why it stands there, for instance why a creation failed."""
    last_updated_at: str | None = None
    """When it was last changed (ISO 8601, with offset)."""

    @property
    def standing(self) -> Status | str | None:
        """Its status; None where there is none, which counts as settled."""
        return self.status

    @property
    def reason(self) -> str | None:
        """Why it stands there, if the service says so."""
        return self.status_reason

    @property
    def changed_at(self) -> str | None:
        """When it was last changed, if the service says so."""
        return self.last_updated_at
