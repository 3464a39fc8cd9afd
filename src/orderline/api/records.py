"""Operations on records: a capability names its commands, and gets lists, reading and history with them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from orderline.api.actions import fields_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.reading.paging import Page, Texts, page, page_of, parse_cursor, readers, seen
from orderline.api.refusals import ApiRefusal
from orderline.api.scoping import check_every_channel, orders_of
from orderline.core.context import Expected
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.records import Record, RecordCommand, RecordKind
from orderline.engine.sealing import RecordEntry
from orderline.store.reading.records import load_entries, load_record, load_records
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

# Pages of records that are read for one page of those that the key sees.
_MOST_ROUNDS = 20


class HistoryQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """newest: the last first; else as it happened."""

    newest: bool = False


@dataclass(frozen=True, kw_only=True)
class Records:
    """A kind of records as the API offers it.

    one, many: its name in paths and operations. unknown: the refusal when there is none.
    location_of: where a record is, for keys that are limited to locations; None: nowhere, such keys see none.
    channel_of, orders_in: what a record is of, for keys that are limited to channels: they see those of their channel, or
    of none, whose orders are all of their channels. of_all: a record tells of all channels, such keys see none. for_all: it
    decides for all channels, such keys write none.
    """

    kind: RecordKind
    one: str
    many: str
    capability: str
    read: Right
    write: Right
    unknown: StrEnum
    states: type[StrEnum]
    location_of: Callable[[Any], str | None] = lambda record: None
    channel_of: Callable[[Any], str] = lambda record: ""
    orders_in: Callable[[Any], Iterable[OrderId]] = lambda record: ()
    of_all: bool = False
    for_all: bool = False

    @property
    def _path(self) -> str:
        return f"/v1/{self.many.replace('_', '-')}"

    @staticmethod
    def _words(name: str) -> str:
        return name.replace("_", " ")

    def reading(self) -> tuple[Operation, ...]:
        """List, read, and history."""
        record = self.kind.record
        query = msgspec.defstruct(
            "".join(part.capitalize() for part in self.many.split("_")) + "Query",
            [
                ("state", Annotated[tuple[self.states, ...], msgspec.Meta(max_length=50)], ()),
                ("location", Texts, ()),
                ("owner", Texts, ()),
            ],
            bases=(Page,),
            frozen=True,
            kw_only=True,
            forbid_unknown_fields=True,
        )
        path = self._path
        return (
            Operation(
                name=f"list_{self.many}", method="GET", path=path, right=self.read, summary=f"List {self._words(self.many)}",
                handler=self._list, capability=self.capability, query=query, output=record, page=True,
            ),
            Operation(
                name=f"read_{self.one}", method="GET", path=f"{path}/{{id}}", right=self.read,
                summary=f"Read a {self._words(self.one)}", handler=self._read, capability=self.capability, output=record,
                refusals=(self.unknown.value,),
            ),
            Operation(
                name=f"read_{self.one}_history", method="GET", path=f"{path}/{{id}}/history", right=self.read,
                summary=f"Read what has happened to a {self._words(self.one)}", handler=self._history,
                capability=self.capability, query=HistoryQuery, output=RecordEntry, page=True,
                refusals=(self.unknown.value,),
            ),
        )  # fmt: skip

    def creating(
        self, command: type[RecordCommand], *, summary: str, names: str, refusals: tuple[str, ...] = ()
    ) -> Operation:
        """`PUT /v1/many/{id}`: the path names the record by the caller's own text."""
        return self._operation(
            command, name=f"create_{self.one}", method="PUT", path=f"{self._path}/{{id}}", summary=summary,
            names=names, refusals=refusals, exists=False,
        )  # fmt: skip

    def acting(
        self,
        command: type[RecordCommand],
        *,
        path: str,
        summary: str,
        names: str,
        method: str = "POST",
        refusals: tuple[str, ...] = (),
    ) -> Operation:
        """`POST /v1/many/{id}/path`: a command on a record that exists."""
        return self._operation(
            command, name=str(command.__struct_config__.tag), method=method,
            path=f"{self._path}/{{id}}/{path}", summary=summary, names=names,
            refusals=(self.unknown.value, *refusals), exists=True,
        )  # fmt: skip

    def _operation(
        self, command: type[RecordCommand], *, name: str, method: str, path: str, summary: str, names: str,
        refusals: tuple[str, ...], exists: bool,
    ) -> Operation:  # fmt: skip
        async def handle(call: Call[None, Any]) -> Answer:
            given = fields_of(call.input)
            version = given.pop("expected_version", None)
            made = command(**{names: call.path["id"]}, **given)
            expected = Expected(self.kind.name, call.path["id"], version) if version is not None else None
            if self.for_all:
                check_every_channel(call, "channel", "")
            if call.key.locations or call.key.channels:
                if exists:
                    await self.found(call)
                else:
                    self._check_seen(call, made)
            return await decide(call, made, expected=expected)

        title = "".join(part.capitalize() for part in str(command.__struct_config__.tag).split("_"))
        return Operation(
            name=name, method=method, path=path, right=self.write, summary=summary,
            description=" ".join((command.__doc__ or "").split()), handler=handle, capability=self.capability,
            input=input_of(command, f"{title}Input", without=(names,), optional={"expected_version": int | None}),
            output=self.kind.record, refusals=(*refusals, OrderRefusal.VERSION_STALE.value),
        )  # fmt: skip

    async def _list(self, call: Call[Any, None]) -> Answer:
        query = call.query
        locations = seen(query.location, call.key.locations)
        if locations is None or (self.of_all and call.key.channels):
            return page([], None)
        states = tuple(str(state) for state in query.state)
        after = parse_cursor(query.cursor, str) or ""
        kept: list[Any] = []
        for _ in range(_MOST_ROUNDS):
            found = await readers(call).run(
                lambda source, after=after: load_records(
                    source,
                    self.kind.name,
                    states=states,
                    subjects=locations,
                    owners=query.owner,
                    after=after,
                    most=query.limit + 1,
                )
            )
            here = [each for each in found if not call.key.locations or self.location_of(each) in call.key.locations]
            kept += await self._of_channels(call, here) if call.key.channels else here
            if len(kept) > query.limit or len(found) <= query.limit:
                return page_of(kept, query.limit, lambda record: record.id)
            after = found[-1].id
        return page(kept, after)  # what the key does not see goes on and on: the page is short

    async def _read(self, call: Call[None, None]) -> Answer:
        return Answer(await self.found(call))

    async def _history(self, call: Call[HistoryQuery, None]) -> Answer:
        record = await self.found(call)
        return await history_of(call, self.kind.name, record.id)

    async def found(self, call: Call[Any, Any]) -> Any:
        """The record of the path. Refused as unknown: there is none, or of another channel. LOCATION_NOT_YOURS."""
        id_ = call.path["id"]
        if not id_.isprintable():
            raise Refused(self.unknown, field=self.one, value=id_[:100])
        record: Record | None = await readers(call).run(lambda source: load_record(source, self.kind.name, id_))
        if record is None:
            raise Refused(self.unknown, field=self.one, value=id_[:100])
        self._check_seen(call, record)
        if call.key.channels and not await self._of_channels(call, [record]):
            raise Refused(self.unknown, field=self.one, value=id_[:100])
        return record

    async def visible(self, call: Call[Any, Any], records: Sequence[Any]) -> list[Any]:
        """Those of the records that the key sees by its channels and locations."""
        if self.of_all and call.key.channels:
            return []
        key = call.key
        there = [each for each in records if not key.locations or self.location_of(each) in key.locations]
        return await self._of_channels(call, there) if key.channels else there

    async def _of_channels(self, call: Call[Any, Any], records: Sequence[Any]) -> list[Any]:
        """Those of the records that a key which is limited to channels may see."""
        orders = {str(order) for record in records for order in self.orders_in(record)}
        asked = sorted(orders)
        found = dict(zip(asked, await orders_of(call, asked, anywhere=True), strict=True))
        return [
            record
            for record in records
            if (not self.channel_of(record) or self.channel_of(record) in call.key.channels)
            and all(found[str(order)] is not None for order in self.orders_in(record))
        ]

    def _check_seen(self, call: Call[Any, Any], record: Any) -> None:
        if self.of_all:
            check_every_channel(call, "channel", "")
        if call.key.locations and self.location_of(record) not in call.key.locations:
            raise Refused(ApiRefusal.LOCATION_NOT_YOURS, field="location", value=self.location_of(record) or "")


async def records_about(call: Call[Page, None], kind: str, subject: str) -> Answer:
    """A page of the records of a kind that are about something, such as another record."""
    after, most = parse_cursor(call.query.cursor, str) or "", call.query.limit
    found: list[Any] = await readers(call).run(
        lambda source: load_records(source, kind, subjects=(subject,), after=after, most=most + 1)
    )
    return page_of(found, most, lambda record: record.id)


async def history_of(call: Call[HistoryQuery, None], kind: str, id_: str) -> Answer:
    """A page of what has happened to a record."""
    query = call.query
    place = parse_cursor(query.cursor, int)
    found = await readers(call).run(
        lambda source: load_entries(source, kind, id_, place=place, newest=query.newest, most=query.limit + 1)
    )
    shown = found[: query.limit]
    return page([entry for _, entry in shown], shown[-1][0] if len(found) > query.limit else None)
