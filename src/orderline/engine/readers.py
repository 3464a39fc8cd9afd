"""Reading for event loops: whoever asks while a query is under way is answered by the next one, all together.

As the engine does with commands: no timer, a lone reader waits for nobody, and under load one query serves many.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

import psycopg

from orderline.core.stock.state import Settings
from orderline.engine.lane import Lane
from orderline.engine.promising import PromiseAsked, Promised, Promiser
from orderline.store.database import Database, is_passing
from orderline.store.reading.documents import OrderAsked, OrderRead, load_order_documents
from orderline.store.reading.promises import AtpAsked, load_atp
from orderline.store.reading.source import Source, open_source
from orderline.values.failures import Refused, Trouble

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T")

MOST_TOGETHER: Final = 128

_logger = logging.getLogger(__name__)


class Readers:
    """The reading side of one cell. Connections are made when they are first needed.

    threads: for lists and everything else that is read one by one; orders and promises have a thread each.
    """

    def __init__(self, database: Database, *, threads: int = 2) -> None:
        self.database = database
        # Whoever books hours of a location does so one after the other, so that each sees those before it.
        self.booking = asyncio.Lock()
        self._settings: Settings | None = None
        self._orders: ReadLane[OrderAsked, OrderRead | None] = ReadLane(
            "read-orders", database, load_order_documents, most=MOST_TOGETHER
        )
        self._atp: ReadLane[AtpAsked, bytes | Refused] = ReadLane(
            "read-atp", database, self._load_atp, most=MOST_TOGETHER
        )
        self._promises: ReadLane[PromiseAsked, Promised | Refused] = ReadLane(
            "read-promises", database, Promiser(database).answer, most=MOST_TOGETHER
        )
        self._others: ReadLane[Callable[[Source], Any], Any] = ReadLane(
            "read", database, _call, most=1, threads=threads
        )

    async def order(self, asked: OrderAsked) -> OrderRead | None:
        """An order's document (`store.reading.documents.ask_order` says which); None: there is none to be seen."""
        return await self._orders.ask(asked)

    async def atp(self, channel: str, skus: Sequence[str]) -> bytes:
        """What a channel may promise of SKUs now, as JSON. Refused CHANNEL_UNKNOWN, SKU_UNKNOWN."""
        answer = await self._atp.ask(AtpAsked(channel, tuple(skus)))
        if isinstance(answer, Refused):
            raise answer
        return answer

    async def promise(self, asked: PromiseAsked) -> Promised:
        """What could be promised for a cart. Refused CHANNEL_UNKNOWN, SKU_UNKNOWN, NOTHING_TO_PROMISE."""
        answer = await self._promises.ask(asked)
        if isinstance(answer, Refused):
            raise answer
        return answer

    async def run(self, function: Callable[[Source], T]) -> T:
        """Anything else that is read, such as `lambda source: load_page(source, ...)`."""
        return await self._others.ask(function)

    def close(self) -> None:
        """Answer who has asked, then close the connections."""
        for lane in (self._orders, self._atp, self._promises, self._others):
            lane.close()

    def _load_atp(self, source: Source, asked: Sequence[AtpAsked]) -> Sequence[bytes | Refused]:
        rows = source.rows("reading_stock", "settings_version")
        version = rows[0][0] if rows else 0
        settings = self._settings
        if settings is None or settings.version != version:
            settings = self._settings = source.settings()
        return load_atp(source, settings, asked)


class ReadLane(Generic[A, R]):
    """Answers askers in batches, each thread on a connection of its own.

    read: takes all that was asked and gives one answer for each, in order. What it raises for a batch is found out
    one by one.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        read: Callable[[Source, Sequence[A]], Sequence[R]],
        *,
        most: int,
        threads: int = 1,
    ) -> None:
        self._database = database
        self._read = read
        self._sources: list[Source | None] = [None] * threads
        self._lane: Lane[_Asker[A, R]] = Lane(name, self._work, most=most, threads=threads)

    async def ask(self, asked: A) -> R:
        """Ask and wait."""
        asker: _Asker[A, R] = _Asker(asked, asyncio.get_running_loop())
        self._lane.put(asker)
        return await asker.future

    def close(self) -> None:
        """Answer who has asked, then close the connections."""
        self._lane.close()
        for thread in range(len(self._sources)):
            self._drop(thread)

    def _work(self, thread: int, askers: "Sequence[_Asker[A, R]]") -> None:
        for asker, answer in zip(askers, self._answers(thread, [each.asked for each in askers]), strict=True):
            asker.answer = answer
        by_loop: dict[asyncio.AbstractEventLoop, list[_Asker[A, R]]] = {}
        for asker in askers:
            by_loop.setdefault(asker.loop, []).append(asker)
        for loop, told in by_loop.items():
            try:
                loop.call_soon_threadsafe(_tell, told)
            except RuntimeError:
                _logger.debug("who has asked is gone")

    def _answers(self, thread: int, asked: Sequence[A]) -> "Sequence[R | _Failure]":
        try:
            return self._try(thread, asked)
        except Trouble as trouble:
            return [_Failure(trouble)] * len(asked)
        except Exception as error:
            if len(asked) == 1:
                if not isinstance(error, Refused):
                    _logger.exception("reading failed")
                return [_Failure(error)]
            return [answer for each in asked for answer in self._answers(thread, [each])]

    def _try(self, thread: int, asked: Sequence[A]) -> Sequence[R]:
        try:
            return self._read(self._source(thread), asked)
        except psycopg.Error as error:
            self._drop(thread)
            if not is_passing(error):
                raise
        try:  # once more, on a new connection: the server may have been started anew
            return self._read(self._source(thread), asked)
        except psycopg.Error as error:
            self._drop(thread)
            if is_passing(error):
                raise Trouble("postgresql", str(error).strip(), retry_after_s=1) from error
            raise

    def _source(self, thread: int) -> Source:
        source = self._sources[thread]
        if source is None or source.connection.closed:
            source = self._sources[thread] = open_source(self._database)
        return source

    def _drop(self, thread: int) -> None:
        source, self._sources[thread] = self._sources[thread], None
        if source is not None:
            source.connection.close()


class _Failure:
    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


class _Asker(Generic[A, R]):
    """Someone who waits in an event loop."""

    __slots__ = ("answer", "asked", "future", "loop")

    def __init__(self, asked: A, loop: asyncio.AbstractEventLoop) -> None:
        self.asked = asked
        self.loop = loop
        self.future: asyncio.Future[R] = loop.create_future()
        self.answer: R | _Failure | None = None


def _tell(askers: "Sequence[_Asker[Any, Any]]") -> None:
    for asker in askers:
        if asker.future.done():
            continue
        if isinstance(asker.answer, _Failure):
            asker.future.set_exception(asker.answer.error)
        else:
            asker.future.set_result(asker.answer)


def _call(source: Source, functions: Sequence[Callable[[Source], Any]]) -> Sequence[Any]:
    return [function(source) for function in functions]
