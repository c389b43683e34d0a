"""A kind of resource that no service has, with what neither services nor proxies have: for what no kind is named in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import pytest
from pulumi_agentrun.client import kinds
from pulumi_agentrun.client.kinds import KINDS, Kind
from pulumi_agentrun.client.models import CreateInput, ListInput, SystemProps, UpdateInput
from pulumi_agentrun.client.models.fields import Fleeting, Model, SecretValue, Text
from pulumi_agentrun.platform import kinds as tables
from pulumi_agentrun.platform import routes
from pulumi_agentrun.platform.shapes import STRING, Fields, Map


class TagMutableProps(Model):
    """What an update of a tag can change."""

    colour: str | None = None
    """Its colour."""
    secret: SecretValue | None = None
    """What nobody may see."""
    words: dict[str, SecretValue] | None = None
    """Words that nobody may see, by names of the program's."""


class TagImmutableProps(Model):
    """What only the creation of a tag can set."""

    tag_name: Text | None = None
    """Its name."""


class Viewer(Model):
    """Who has seen a tag."""

    name: str | None = None
    """Their name."""


class Tag(TagImmutableProps, TagMutableProps, SystemProps):
    """A tag: it has no status, and says by another word when it was changed."""

    tag_id: str | None = None
    """Its id."""
    updated_at: str | None = None
    """When it was last changed."""
    seen: int | None = None
    """How often it was seen."""
    seen_by: Annotated[list[Viewer] | None, Fleeting()] = None
    """Who has seen it."""

    @property
    def changed_at(self) -> str | None:
        """When it was last changed, if the service says so."""
        return self.updated_at


class TagItem(TagImmutableProps, SystemProps):
    """What a list shows of a tag."""

    tag_id: str | None = None
    """Its id."""
    viewers: int | None = None
    """How many have seen it."""


class TagCreateInput(TagImmutableProps, TagMutableProps, CreateInput[Tag]):
    """A tag to create."""

    tag_name: Text


class TagUpdateInput(TagMutableProps, UpdateInput[Tag]):
    """Changes to a tag."""


class TagListInput(ListInput[TagItem]):
    """Which tags to list."""


TAG: Kind[Tag] = Kind(
    token="Tag",
    plural="Tags",
    word="tag",
    title="tag",
    collection="tags",
    name_field="tag_name",
    id_field="tag_id",
    model=Tag,
    create_input=TagCreateInput,
    update_input=TagUpdateInput,
    list_input=TagListInput,
    in_short=lambda tag: str(tag.viewers),
    item=TagItem,
)
_MUTABLE: Fields = {"colour": STRING, "secret": STRING, "words": Map(STRING)}
TABLE = tables.Kind(
    title="tag",
    action="Tag",
    actions="Tags",
    collection="tags",
    prefix="tg",
    name_field="tagName",
    id_field="tagId",
    create={"tagName": STRING, **_MUTABLE},
    update=_MUTABLE,
    required=("tagName",),
    filters=("colour",),
    filled={},
    has_status=False,
    own=lambda id, name, users: {"seen": 1, "seenBy": [{"name": "n"}]},
    listed=lambda shown: {"tagName": shown["tagName"], "viewers": "2", "createdAt": shown["createdAt"]},
    changed_field="updatedAt",
)


@pytest.fixture
def tags() -> Iterator[None]:
    """Have client and platform know tags."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kinds, "KINDS", (*KINDS, TAG))
        for operation in routes._operations(TABLE):
            patch.setitem(routes._TABLE, (operation.method, operation.collection, operation.named), operation)
        yield
