"""A list of the console with its filters and columns, kept under a name."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from orderline.core.records import Record, RecordEvent, RecordKind, Window

VIEW: Final = "view"


class ViewState(StrEnum):
    """Is it offered?"""

    KEPT = "kept"
    REMOVED = "removed"


class View(Record, frozen=True, kw_only=True):
    """path: of the page that lists. query: what follows it in the address: filters and columns."""

    id: str
    name: str
    path: str
    query: str
    by: str
    state: ViewState = ViewState.KEPT


class ViewKept(RecordEvent, frozen=True, kw_only=True, tag="view_kept"):
    """There is a view, or it shows this from now on."""

    id: str
    name: str
    path: str
    query: str
    by: str
    at: datetime


class ViewRemoved(RecordEvent, frozen=True, kw_only=True, tag="view_removed"):
    """It is offered no longer."""

    by: str
    at: datetime


ViewEvent = ViewKept | ViewRemoved


def evolve(known: View | None, event: ViewEvent) -> View:
    """The view after an event."""
    match event:
        case ViewKept():
            view = known or View(id=event.id, name="", path="", query="", by="")
            return replace(view, name=event.name, path=event.path, query=event.query, by=event.by, state=ViewState.KEPT)
        case ViewRemoved():
            assert known is not None
            return replace(known, state=ViewState.REMOVED)


VIEWS: Final = RecordKind(VIEW, View, ViewEvent, evolve, lambda view: Window(view.state, owner=view.by))
