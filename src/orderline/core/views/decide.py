"""Keep a view of a list, and let it go."""

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import unquote_plus

from orderline.core.context import Context
from orderline.core.orders.guards import check_text
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.stock.checks import check_code
from orderline.core.views.refusals import ViewRefusal as R
from orderline.core.views.state import VIEW, VIEWS, View, ViewKept, ViewRemoved, ViewState
from orderline.core.world import Draft
from orderline.values.failures import Refused

LONGEST_QUERY: Final = 1_000
_PATH: Final = re.compile(r"/[a-z0-9-]{0,60}")
_QUERY: Final = re.compile(r"[\w.~%+=&:/-]*", re.ASCII)


class KeepView(RecordCommand, frozen=True, gc=False, kw_only=True, tag="keep_view"):
    """Keep a list with its filters under a name, for all who may see the list; anew, when there is one of that id.

    path: of the page, such as `/orders`. query: its filters, such as `phase=blocked&channel=web`; it names no person.
    """

    view: str
    name: str
    path: str
    query: str = ""

    def records(self) -> Iterable[RecordKey]:
        """The view."""
        return ((VIEW, self.view),)


class RemoveView(RecordCommand, frozen=True, gc=False, kw_only=True, tag="remove_view"):
    """Offer a view no longer."""

    view: str

    def records(self) -> Iterable[RecordKey]:
        """The view."""
        return ((VIEW, self.view),)


def decide_keep(draft: Draft, command: KeepView, context: Context) -> None:
    """Refused CODE_NOT_ACCEPTABLE, FIELD_REQUIRED, TEXT_NOT_ACCEPTABLE.

    Refused VIEW_NOT_ACCEPTABLE: the path is none of a list, the query is none, too long, or has an email address in it:
    what is kept here is told for ever.
    """
    check_code(command.view, "view")
    name = check_text(command.name, "name", 60, required=True).strip()
    if not _PATH.fullmatch(command.path):
        raise Refused(R.VIEW_NOT_ACCEPTABLE, field="path", value=command.path[:80], allowed="the path of a list")
    query = command.query
    if len(query) > LONGEST_QUERY or not _QUERY.fullmatch(query) or "@" in unquote_plus(query):
        allowed = f"filters as in an address, at most {LONGEST_QUERY} characters, and no email address"
        raise Refused(R.VIEW_NOT_ACCEPTABLE, field="query", value=query[:80], allowed=allowed)
    known = draft.world.records.get((VIEW, command.view))
    said = (name, command.path, query, ViewState.KEPT)
    if isinstance(known, View) and (known.name, known.path, known.query, known.state) == said:
        return
    event = ViewKept(id=command.view, name=name, path=command.path, query=query, by=context.actor.name, at=context.now)
    draft.tell_record(VIEWS, command.view, event)


def decide_remove(draft: Draft, command: RemoveView, context: Context) -> None:
    """Refused VIEW_UNKNOWN."""
    known = draft.world.records.get((VIEW, command.view))
    if not isinstance(known, View):
        raise Refused(R.VIEW_UNKNOWN, field="view", value=command.view[:100])
    if known.state is ViewState.KEPT:
        draft.tell_record(VIEWS, command.view, ViewRemoved(by=context.actor.name, at=context.now))


RULES: Final[dict[type, Any]] = {KeepView: decide_keep, RemoveView: decide_remove}
