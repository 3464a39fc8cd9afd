"""All pages: one table, from which routes and authorization are made. A page without a rule can't be written."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from orderline.console import (
    access,
    acting,
    books,
    bulk,
    channels,
    closing,
    customers,
    deed_table,
    deeds,
    desk,
    disputes,
    exporting,
    finding,
    home,
    indicators,
    journeys,
    keeping,
    listings,
    live,
    orders,
    reports,
    shelves,
    single_sign_on,
    style,
)
from orderline.console.policies import editor, versions
from orderline.console.routing import exploring, rules, simulating
from orderline.console.station import away, board, counts, receiving, waves, work
from orderline.console.visits import Gone, Sent, Shown, Streamed, Visit

Show = Callable[[Visit], Awaitable[Shown | Gone | Sent | Streamed]]


@dataclass(frozen=True, kw_only=True)
class Page:
    """calls: the operations it may ask for; whoever lacks the right of the first does not see the page.
    any_of: of them, those that each are enough to see it, where it is not the first alone.

    file: what it answers is no page, but a file to be kept, or a stream that pages listen to.
    open: for people who have not signed in. own: about the person who has signed in alone, so that no right is needed.
    links: operations without a key, which it calls for whoever has been sent the link that its path holds.
    instead: where whoever does not see it is sent, by what the person may call; None: it is said that it is not for them.
    """

    method: str
    path: str
    show: Show
    calls: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    open: bool = False
    own: bool = False
    file: bool = False
    instead: Callable[[Callable[[str], bool]], str] | None = None

    def __post_init__(self) -> None:
        if bool(self.calls) + bool(self.links) + self.open + self.own != 1:
            raise ValueError(f"{self.method} {self.path} needs one rule that says for whom it is")

    @property
    def rule(self) -> tuple[str, ...]:
        """The operations of which the person may call one."""
        return self.any_of or self.calls[:1]


_WORK: Final = "/station/{location}/orders/{order}/{number}"
_WAVE: Final = "/station/{location}/waves/{wave}/{number}"
_COUNT: Final = "/station/{location}/counts/{count}"
_BOARD: Final = (
    "list_fulfillments", "read_location", "list_waves", "list_counts", "list_transfers", "list_purchase_orders", "list_returns",
)  # fmt: skip
_ORDER: Final = "read_order_by_link"
_QUESTION: Final = "read_decision_by_link"
_OFFER: Final = "read_draft_order_by_link"
_POLICY: Final = "/policies/{id}"
_STANDING: Final = "read_policy_standing"
_VERSION: Final = "read_policy_version"
PAGES: Final[tuple[Page, ...]] = (
    Page(method="GET", path="/sign-in", show=access.sign_in_form, open=True),
    Page(method="POST", path="/sign-in", show=access.sign_in, open=True),
    Page(method="GET", path="/sign-in/begin", show=single_sign_on.begin, open=True),
    Page(method="GET", path="/sign-in/back", show=single_sign_on.back, open=True),
    Page(method="GET", path="/welcome/{token}", show=access.welcome_form, open=True),
    Page(method="POST", path="/welcome/{token}", show=access.welcome, open=True),
    Page(method="GET", path="/your-order/{token}", show=customers.order, links=(_ORDER,)),
    Page(method="POST", path="/your-order/{token}/cancel", show=customers.cancel, links=(_ORDER, "cancel_by_link")),
    Page(
        method="POST",
        path="/your-order/{token}/address",
        show=customers.readdress,
        links=(_ORDER, "change_address_by_link"),
    ),
    Page(
        method="POST",
        path="/your-order/{token}/return",
        show=customers.give_back,
        links=(_ORDER, "return_by_link", "quote_return_by_link"),
    ),
    Page(
        method="GET",
        path="/your-order/{token}/returns/{number}/label",
        show=customers.label,
        links=("read_return_label_by_link",),
        file=True,
    ),
    Page(method="GET", path="/your-answer/{token}", show=customers.question, links=(_QUESTION,)),
    Page(
        method="POST", path="/your-answer/{token}", show=customers.answer, links=(_QUESTION, "answer_decision_by_link")
    ),
    Page(method="GET", path="/your-offer/{token}", show=customers.offer, links=(_OFFER,)),
    Page(
        method="POST",
        path="/your-offer/{token}",
        show=customers.answer_offer,
        links=(_OFFER, "answer_draft_order_by_link"),
    ),
    Page(method="POST", path="/sign-out", show=access.sign_out, own=True),
    Page(method="GET", path="/me", show=access.me, own=True),
    Page(method="POST", path="/me/second-factor", show=access.change_second_factor, own=True),
    Page(method="POST", path="/me/language", show=access.change_language, own=True),
    Page(method="GET", path="/style", show=style.style, own=True),
    Page(method="GET", path="/", show=home.home, calls=("list_queues", "list_hours"), instead=home.elsewhere),
    Page(method="GET", path="/changes", show=live.changes, calls=("list_queues", "read_order"), file=True),
    Page(method="GET", path="/find", show=finding.find, calls=("list_orders", "list_skus")),
    Page(method="GET", path="/orders", show=orders.list_orders, calls=("list_orders", "list_channels", "list_views")),
    Page(method="GET", path="/orders/{order}", show=orders.show_order, calls=("read_order", "read_channel")),
    Page(
        method="GET",
        path="/orders/{order}/map",
        show=journeys.picture,
        calls=("read_order",),
        file=True,
    ),
    Page(method="GET", path="/orders/{order}/{operation}", show=acting.form, calls=("read_order", "list_locations")),
    Page(
        method="POST",
        path="/orders/{order}/{operation}",
        show=acting.act,
        calls=("read_order", "list_locations", "preview", *acting.ACTIONS),
    ),
    *(
        Page(
            method="GET",
            path=each.path,
            show=listings.show,
            calls=(each.operation, "list_views", *([each.above] if each.above else [])),
        )
        for _, each in listings.LISTINGS.values()
    ),
    Page(method="GET", path="/ledger", show=books.balance, calls=("read_trial_balance", "list_entities")),
    Page(
        method="GET",
        path="/ledger/{account}",
        show=books.entries,
        calls=("list_ledger_entries", "read_trial_balance"),
    ),
    Page(method="GET", path="/ledger-journal/{day}", show=books.journal, calls=("read_ledger_journal",), file=True),
    *(
        Page(method="GET", path=path, show=reports.show, calls=(listings.SHEETS[path][1].operation,))
        for path in reports.REPORTS
    ),
    *(
        Page(
            method="GET",
            path=exporting.EXPORT + path,
            show=reports.export,
            calls=(listings.SHEETS[path][1].operation,),
            file=True,
        )
        for path in reports.REPORTS
    ),
    Page(method="GET", path="/disputes/{order}/{number}", show=disputes.show, calls=("read_dispute",)),
    Page(
        method="GET", path="/disputes/{order}/{number}/paper", show=disputes.paper, calls=("read_evidence",), file=True
    ),
    Page(method="GET", path=indicators.PATH, show=indicators.show_all, calls=("list_indicators",)),
    Page(method="GET", path=f"{indicators.PATH}/{{indicator}}", show=indicators.show, calls=("read_indicator",)),
    Page(
        method="GET",
        path=f"{indicators.PATH}/{{indicator}}/orders",
        show=indicators.behind,
        calls=("list_indicator_orders", "read_indicator"),
    ),
    Page(
        method="GET",
        path=f"{exporting.EXPORT}{indicators.PATH}/{{indicator}}",
        show=indicators.export,
        calls=("read_indicator",),
        file=True,
    ),
    Page(
        method="GET",
        path="/channel-health/{code}",
        show=channels.show,
        calls=("read_channel_words", "list_channel_health"),
    ),
    Page(method="GET", path=desk.PATH, show=desk.desk, calls=("list_returns", "list_orders", "read_order")),
    Page(method="GET", path=f"{desk.PATH}/{{order}}/{{number}}", show=desk.show, calls=("read_order",)),
    Page(
        method="POST", path=f"{desk.PATH}/{{order}}/{{number}}", show=desk.act, calls=("read_order", *desk.OPERATIONS)
    ),
    Page(
        method="GET",
        path="/stock/{sku}",
        show=shelves.show,
        calls=("read_sku_stock", "explain_atp", "list_stock_entries", "list_supply", "list_sku_feeds"),
    ),
    Page(method="GET", path="/stock/{sku}/lots/{lot}", show=shelves.recall, calls=("recall_lot",)),
    Page(method="GET", path=shelves.GRID, show=shelves.grid, calls=("list_stock",)),
    Page(method="GET", path="/closing", show=closing.form, calls=("read_revaluation", "list_entities")),
    Page(
        method="POST", path="/closing", show=closing.close, calls=("close_period", "read_revaluation", "list_entities")
    ),
    Page(method="GET", path="/routing", show=rules.show, calls=("list_policies", _STANDING)),
    Page(method="GET", path=listings.BEGIN_POLICY, show=versions.begin, calls=("list_policies",)),
    Page(method="GET", path=_POLICY, show=versions.show, calls=("read_policy", _STANDING)),
    Page(method="GET", path=f"{_POLICY}/versions/{{version}}", show=versions.show_version, calls=(_VERSION, _STANDING)),
    Page(method="GET", path=f"{_POLICY}/diff", show=versions.compare, calls=("diff_policy", _STANDING, _VERSION)),
    Page(method="GET", path=editor.PATH, show=editor.form, calls=("draft_policy", _STANDING, _VERSION)),
    Page(
        method="POST", path=editor.PATH, show=editor.act, calls=("draft_policy", _STANDING, _VERSION, "create_policy")
    ),
    *(
        Page(
            method=method,
            path=f"{_POLICY}/{deed}",
            show=show,
            calls=(_STANDING, _VERSION, "diff_policy", operation),
        )
        for deed, operation in versions.DEEDS.items()
        for method, show in (("GET", versions.form), ("POST", versions.act))
    ),
    Page(method="GET", path=f"{_POLICY}/simulate", show=simulating.simulate, calls=("simulate_policy", _STANDING)),
    Page(
        method="POST",
        path=f"{_POLICY}/simulate",
        show=simulating.keep,
        calls=("simulate_policy", _STANDING, "note_simulation"),
    ),
    Page(method="GET", path=f"{_POLICY}/shadow-report", show=simulating.shadow, calls=("report_shadow", _STANDING)),
    Page(method="GET", path=exploring.DECISIONS, show=exploring.decisions, calls=("explain_route",)),
    Page(method="GET", path=exploring.TRIAL, show=exploring.trial, calls=("try_route", "list_policies")),
    *(Page(method="GET", path=each.path, show=deeds.form, calls=each.calls) for each in deed_table.DEEDS),
    *(Page(method="POST", path=each.path, show=deeds.act, calls=each.calls) for each in deed_table.DEEDS),
    *(
        Page(
            method="GET",
            path=f"{each.path}/{{id}}/{paper.path}",
            show=listings.show_paper,
            calls=(paper.operation,),
            file=True,
        )
        for _, each in listings.LISTINGS.values()
        for paper in each.papers
    ),
    Page(method="GET", path="/receivables", show=books.receivables, calls=("read_aged_receivables", "list_entities")),
    Page(
        method="GET",
        path="/export/receivables",
        show=books.receivables_file,
        calls=("export_aged_receivables",),
        file=True,
    ),
    Page(method="GET", path="/station", show=board.choose, calls=("list_fulfillments", "list_locations")),
    Page(method="GET", path="/station-away", show=away.show, own=True),
    Page(method="GET", path="/station/{location}", show=board.station, calls=_BOARD),
    Page(method="POST", path="/station/{location}/waves", show=board.begin_wave, calls=(*_BOARD, "create_wave")),
    Page(method="GET", path=_WAVE, show=waves.show, calls=("read_wave", "read_location")),
    Page(method="GET", path=f"{_WAVE}/paper", show=waves.paper, calls=("read_wave", "read_wave_list"), file=True),
    Page(
        method="POST",
        path=f"{_WAVE}/{{operation}}",
        show=waves.act,
        calls=("read_wave", "read_location", "list_lots", *waves.OPERATIONS),
    ),
    Page(method="GET", path=_COUNT, show=counts.show, calls=("read_count", "read_location")),
    Page(
        method="POST",
        path=f"{_COUNT}/{{operation}}",
        show=counts.act,
        calls=("read_count", "read_location", *counts.OPERATIONS),
    ),
    Page(method="GET", path=_WORK, show=work.show, calls=("read_fulfillment", "read_location", "read_order")),
    Page(
        method="POST",
        path=f"{_WORK}/{{operation}}",
        show=work.act,
        calls=("read_fulfillment", "read_location", "read_order", "list_lots", *work.OPERATIONS),
    ),
    Page(method="GET", path=f"{_WORK}/pick-list", show=work.paper, calls=("read_pick_list",), file=True),
    Page(method="GET", path=f"{_WORK}/label/{{parcel}}", show=work.paper, calls=("read_label",), file=True),
    Page(
        method="GET", path=f"{_WORK}/packing-slip/{{parcel}}", show=work.paper, calls=("read_packing_slip",), file=True
    ),
    Page(
        method="GET",
        path="/station/{location}/receive/{kind}/{record}",
        show=receiving.show,
        calls=("read_transfer", "read_purchase_order", "read_location"),
    ),
    Page(
        method="POST",
        path="/station/{location}/receive/{kind}/{record}",
        show=receiving.receive,
        calls=("read_transfer", "read_purchase_order", "read_location", "receive_transfer", "receive_purchase_order"),
    ),
    Page(
        method="GET",
        path="/station/{location}/returns/{order}/{number}",
        show=receiving.show_return,
        calls=("read_order", "read_location"),
    ),
    Page(
        method="POST",
        path="/station/{location}/returns/{order}/{number}",
        show=receiving.receive_return,
        calls=("read_order", "read_location", "receive_return"),
    ),
    Page(method="POST", path="/views", show=keeping.keep, calls=("create_view",)),
    Page(method="POST", path="/views/{id}/removal", show=keeping.remove, calls=("remove_view",)),
    Page(
        method="GET",
        path="/bulk",
        show=bulk.form,
        calls=(*bulk.OPERATIONS, *bulk.LISTS.values()),
        any_of=bulk.OPERATIONS,
    ),
    Page(
        method="POST",
        path="/bulk",
        show=bulk.act,
        calls=(*bulk.OPERATIONS, *bulk.LISTS.values()),
        any_of=bulk.OPERATIONS,
    ),
    Page(method="GET", path="/export/orders", show=exporting.export_orders, calls=("list_orders",), file=True),
    *(
        Page(method="GET", path=exporting.EXPORT + each.path, show=exporting.export, calls=(each.operation,), file=True)
        for _, each in listings.LISTINGS.values()
    ),
    *(
        Page(
            method="GET",
            path=f"{each.path}/{{id}}",
            show=listings.show_record,
            calls=(each.record, f"{each.record}_history", *(inner.operation for inner in each.inner)),
        )
        for _, each in listings.LISTINGS.values()
        if each.record and not each.apart
    ),
)
