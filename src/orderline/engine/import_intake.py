"""Hand the documents of a file to the engine, window after window, and settle each when its answers are there."""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from time import monotonic
from typing import Final, Protocol

import msgspec

from orderline.core.context import Actor
from orderline.core.imports.documents import KNOWN, Document, rule_refused, rule_taken
from orderline.core.imports.profile import Profile
from orderline.core.imports.verdicts import Ruling, example, refused
from orderline.core.orders.commands import CancelUnits
from orderline.core.orders.guards import check_text
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.stock.checks import check_sku_code
from orderline.core.stock.commands import PutChannel, PutPool, PutSkus
from orderline.core.stock.state import Channel, Pool, Sku
from orderline.engine.engine import Engine
from orderline.engine.import_state import ImportState, StateKeeper, Window
from orderline.engine.sealing import OrderAnswer
from orderline.engine.submissions import Outcome, Submission
from orderline.store.database import Database
from orderline.store.imports import known_orders, known_skus
from orderline.store.loading import load_settings
from orderline.values.failures import Refused, Trouble

External = tuple[str, str]

ACTOR: Final = Actor("import", "import")
ROWS_IN_WINDOW: Final = 4_000
DOCUMENTS_IN_WINDOW: Final = 1_000
WINDOWS_IN_FLIGHT: Final = 2
SKUS_AT_ONCE: Final = 1_000
POOL_OF_HISTORY: Final = "imports"

_answers = msgspec.json.Decoder(OrderAnswer)


class Watcher(Protocol):
    """Who hears of what is settled."""

    def on_document(self, document: Document) -> None:
        """Each row of a document has its ruling."""
        ...

    def on_skipped(self, document: Document) -> None:
        """A document was settled by a run before this one."""
        ...

    def on_window(self) -> None:
        """A window is settled."""
        ...


class _Flight(msgspec.Struct):
    """A window under way: its documents, what the engine owes for each, and which orders were there before."""

    documents: list[Document]
    answers: "list[Future[Outcome] | None]"
    known: set[External]
    repeated: set[int]


class Intake:
    """One import on its way into the engine."""

    def __init__(
        self,
        engine: Engine,
        database: Database,
        state: ImportState,
        keeper: StateKeeper,
        *,
        create_skus: bool,
        gathered: bool,
    ) -> None:
        """`gathered`: no order comes twice, since rows of one id are gathered into one document."""
        self._engine = engine
        self._database = database
        self._state = state
        self._keeper = keeper
        self._create_skus = create_skus
        self._gathered = gathered
        self._flights: deque[_Flight] = deque()
        self._skus: set[str] = set()
        self._seen: set[int] = set()
        # What a run before this one had handed over and not settled.
        self._windows: list[Window] = []
        self._old = list(state.windows)
        self._old_end = max((window.first + window.count for window in self._old), default=0)
        self._old_known: set[External] = {external for window in self._old for external in window.known}
        self._handed = state.documents
        self._lost = set(state.lost)
        self._known = set(state.known)
        with database.connection() as connection:
            self._channels = set(load_settings(connection, database.cell).channels)

    def check_channel(self, profile: Profile, *, anywhere: bool) -> None:
        """Refused CHANNEL_UNKNOWN: a live import into a channel that does not exist.

        anywhere: orders may name their own channel.
        """
        code = profile.defaults.get("channel") or profile.channel
        if code not in self._channels and not profile.history and not anywhere:
            allowed = sorted(self._channels)[:50]
            raise Refused(OrderRefusal.CHANNEL_UNKNOWN, field="channel", value=code, allowed=allowed)

    def run(self, documents: Iterable[Document], watcher: Watcher, began: float) -> None:
        """Take in all documents that are not settled yet. Trouble: the database is away; what is settled is kept."""
        state = self._state
        spent_ms, settled_before = state.milliseconds, state.documents
        window: list[Document] = []
        repeated: set[int] = set()
        rows = 0
        for index, document in enumerate(documents):
            again = self._is_repeated(document)
            if index < settled_before:
                watcher.on_skipped(document)
                continue
            if again:
                repeated.add(len(window))
            window.append(document)
            rows += len(document.rows)
            if rows >= ROWS_IN_WINDOW or len(window) >= DOCUMENTS_IN_WINDOW:
                state.milliseconds = spent_ms + int((monotonic() - began) * 1000)
                self._hand_over(window, repeated)
                window, repeated, rows = list[Document](), set[int](), 0
                while len(self._flights) > WINDOWS_IN_FLIGHT:
                    self._settle(watcher)
        if window:
            self._hand_over(window, repeated)
        while self._flights:
            self._settle(watcher)
        state.milliseconds = spent_ms + int((monotonic() - began) * 1000)
        state.finished = True
        self._save()

    def _is_repeated(self, document: Document) -> bool:
        """Was the order in this very file before?"""
        if document.order is None or self._gathered:
            return False
        mark = hash((document.order.channel, document.order.external_id))
        if mark in self._seen:
            return True
        self._seen.add(mark)
        return False

    def _hand_over(self, documents: list[Document], repeated: set[int]) -> None:
        orders = [document.order for document in documents if document.order is not None]
        for channel in {order.channel for order in orders if order.history} - self._channels:
            self._make_channel(channel)
        if self._create_skus:
            self._make_skus({code: sku for each in documents if each.order for code, sku in each.skus.items()})
        known = self._known_before(documents)
        self._windows.append(Window(self._handed, len(documents), tuple(sorted(known))))
        self._save()
        self._handed += len(documents)
        submissions = [Submission(command=order, actor=ACTOR) for order in orders]
        futures = iter(self._engine.submit_all(submissions))
        answers = [next(futures) if document.order is not None else None for document in documents]
        self._flights.append(_Flight(documents, answers, known, repeated))

    def _known_before(self, documents: list[Document]) -> set[External]:
        """Orders that were there before this import, its broken-off runs included."""
        known: set[External] = set()
        asked: list[External] = []
        for index, document in enumerate(documents, self._handed):
            if document.order is None:
                continue
            external = (document.order.channel, document.order.external_id)
            if index >= self._old_end:
                asked.append(external)
            elif external in self._old_known:
                known.add(external)
        return known | known_orders(self._database, asked)

    def _save(self) -> None:
        """What an earlier run had handed over is remembered until this one has passed it."""
        old = [window for window in self._old if window.first + window.count > self._handed]
        self._state.windows = [*self._windows, *old]
        self._keeper.save(self._state)

    def _settle(self, watcher: Watcher) -> None:
        flight = self._flights.popleft()
        state = self._state
        for place, (document, answer) in enumerate(zip(flight.documents, flight.answers, strict=True)):
            outcome = answer.result() if answer is not None else None
            rulings = self._rule(document, outcome, flight, place)
            document.rulings = list(rulings)
            order = document.external_id
            for row, ruling in zip(document.rows, rulings, strict=True):
                state.count(ruling.verdict)
                if state.wants_example(ruling.verdict):
                    state.examples.setdefault(ruling.verdict, []).append(example(ruling, row.number, order))
            for remark, count in document.remarks.items() if document.order is not None else ():
                state.remarks[remark.value] = state.remarks.get(remark.value, 0) + count
            watcher.on_document(document)
        state.documents += len(flight.documents)
        self._windows.pop(0)
        state.lost, state.known = sorted(self._lost), sorted(self._known)
        watcher.on_window()

    def _rule(self, document: Document, outcome: Outcome | None, flight: _Flight, place: int) -> list[Ruling]:
        order = document.order
        if outcome is None or order is None:
            if document.awaited:
                self._lost.add(document.external_id)
            for at, followed in document.follows.items():
                document.rulings[at] = self._fate(document.rulings[at], followed)
            return [ruling for ruling in document.rulings if ruling is not None]
        if outcome.refused is not None:
            self._fare(document, self._lost)
            document.order = None
            return rule_refused(document, outcome.refused.code.value, outcome.refused.facts)
        if isinstance(outcome.failed, Trouble):
            raise outcome.failed
        if outcome.failed is not None:
            self._fare(document, self._lost)
            document.order = None
            return rule_refused(document, "NOT_RUN", {"hint": type(outcome.failed).__name__})
        external = (order.channel, order.external_id)
        known = outcome.replayed and (external in flight.known or place in flight.repeated)
        if known:
            self._fare(document, self._known)
            self._state.orders_known += 1
        else:
            self._state.orders += 1
        if document.cancel_after:
            self._cancel(document, outcome)
        return rule_taken(document, known=known)

    def _fare(self, document: Document, fates: set[str]) -> None:
        if document.awaited:
            fates.add(document.external_id)

    def _fate(self, ruling: Ruling | None, order: str) -> Ruling | None:
        """A cancellation fares as the order that it takes units back from."""
        if order in self._lost:
            return refused("OTHER_ROW", "order", order, "the order it takes units back from was refused")
        return KNOWN if order in self._known else ruling

    def _cancel(self, document: Document, outcome: Outcome) -> None:
        """Cancel what the source had canceled of a live order."""
        assert document.order is not None
        order = _answers.decode(outcome.answer).id
        command = CancelUnits(order=order, reason="canceled before the import", lines=document.cancel_after)
        key = f"import/{order}/cancel"
        answered = self._engine.submit(Submission(command=command, actor=ACTOR, key=key)).result()
        if isinstance(answered.failed, Trouble):
            raise answered.failed

    def _make_channel(self, code: str) -> None:
        """History needs a channel, and a channel a pool to sell from; this one has no location and so no stock."""
        self._channels.add(code)
        try:
            self._engine.run(PutPool(pool=Pool(POOL_OF_HISTORY, "No stock: orders taken over")), actor=ACTOR)
            self._engine.run(PutChannel(channel=Channel(code, code, (POOL_OF_HISTORY,))), actor=ACTOR)
        except Refused:
            return  # the orders will be refused for their channel, each with its verdict

    def _make_skus(self, skus: dict[str, Sku]) -> None:
        missing = {code for code in skus if code not in self._skus}
        missing -= known_skus(self._database, [code for code in missing if "\x00" not in code])
        fitting = [sku for code in sorted(missing) if (sku := _fitting(skus[code])) is not None]
        for first in range(0, len(fitting), SKUS_AT_ONCE):
            some = tuple(fitting[first : first + SKUS_AT_ONCE])
            self._engine.run(PutSkus(skus=some), actor=ACTOR)
            self._state.skus_created += len(some)
        self._skus.update(skus)


def _fitting(sku: Sku) -> Sku | None:
    """A SKU as it can be made; None: its code can't, so that its orders will be refused."""
    try:
        check_sku_code(sku.code, "sku")
    except Refused:
        return None
    try:
        check_text(sku.description, "description", 500)
    except Refused:
        return msgspec.structs.replace(sku, description="")
    return sku
