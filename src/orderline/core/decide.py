"""One door to all rules: a command on a world gives events, or a refusal and nothing else."""

from collections.abc import Callable
from typing import Any, Final

from orderline.core.access import decide as access
from orderline.core.agreements import decide as agreements
from orderline.core.alarms import decide as alarms
from orderline.core.alarms.commands import ClearAlarm, RaiseAlarm
from orderline.core.appeasements import decide as appeasements
from orderline.core.approvals import decide as approvals
from orderline.core.changes import decide as changes
from orderline.core.companies import decide as companies
from orderline.core.context import Context, Expected
from orderline.core.contracts import decide as contracts
from orderline.core.counts import decide as counts
from orderline.core.credits import cards as cards_
from orderline.core.credits import decide as credits_
from orderline.core.credits import merging as merging_
from orderline.core.customer_links import decide as customer_links
from orderline.core.decisions import decide as decisions
from orderline.core.demands import decide as demands
from orderline.core.disputes import decide as disputes
from orderline.core.documents import collecting, issuing
from orderline.core.drafts import decide as drafts
from orderline.core.edi import decide as edi
from orderline.core.edi import warehousing
from orderline.core.entities import decide as entities
from orderline.core.fulfillments import collateral, discrepancies, undoing, wave_rules
from orderline.core.fulfillments import decide as fulfillments
from orderline.core.holds import lists, resolving
from orderline.core.holds import rules as holds
from orderline.core.holds.commands import ScreenOrder
from orderline.core.holds.screening import decide_screen
from orderline.core.identities import decide as identities
from orderline.core.ledger import periods, writing_off
from orderline.core.listings import decide as listings
from orderline.core.mappings import decide as mappings
from orderline.core.orders import auto_cancel, cancel, keep, links, place, reclaim
from orderline.core.orders import commands as c
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.payouts import decide as payouts
from orderline.core.people.erasing import ErasePeople, decide_erase_people
from orderline.core.pickups import arrivals
from orderline.core.pickups import decide as pickups
from orderline.core.policies import decide as policies
from orderline.core.price_lists import decide as price_lists
from orderline.core.promises import decide as promises
from orderline.core.promises import keeping
from orderline.core.reallocations import approving
from orderline.core.reallocations import decide as reallocations
from orderline.core.replenishments import decide as replenishments
from orderline.core.returns import matching
from orderline.core.returns import rules as returns
from orderline.core.sellers import decide as sellers
from orderline.core.shipments import (
    boxes,
    carrier_claims,
    carrier_pickups,
    combining,
    labels,
    manifests,
    missing_parcels,
)
from orderline.core.shipments import commands as p
from orderline.core.shipments import decide as shipments
from orderline.core.shipments.combining import apart
from orderline.core.shipments.undoing import UndoHandover, decide_undo_handover
from orderline.core.stock import carts, feeds, lagging, lot_rules, settings
from orderline.core.stock import commands as s
from orderline.core.stock import decide as stock
from orderline.core.stock.keep_rules import PutKeepRules, decide_put_rules
from orderline.core.supply import decide as supply
from orderline.core.supply import learning, repegging
from orderline.core.supply.commands import PegUnits
from orderline.core.tasks import decide as tasks
from orderline.core.tenders import by_hand, calling, paying_again, renewing, reversing
from orderline.core.tenders import decide as tenders
from orderline.core.tickets import decide as tickets
from orderline.core.transfers import decide as transfers
from orderline.core.transfers import for_orders
from orderline.core.users import decide as users
from orderline.core.vendors import decide as vendors
from orderline.core.views import decide as views
from orderline.core.world import Draft, World
from orderline.values.failures import Refused

Rule = Callable[[Draft, Any, Context], Any]

RULES: Final[dict[type[c.Command], Rule]] = {
    c.PlaceOrder: place.decide_place_order,
    c.PlaceHold: holds.decide_place_hold,
    ScreenOrder: decide_screen,
    **lists.RULES,
    **resolving.rules(lambda draft, command, context: RULES[type(command)](draft, command, context)),
    c.ReserveUnits: fulfillments.decide_reserve,
    c.ReclaimUnits: reclaim.decide_reclaim,
    c.AllocateUnits: fulfillments.decide_allocate,
    c.PromiseLines: keeping.decide_promise_lines,
    c.PullBack: fulfillments.decide_pull_back,
    c.SubmitFulfillment: fulfillments.decide_submit,
    c.AcceptFulfillment: fulfillments.decide_accept,
    c.RejectUnits: collateral.decide_reject,
    c.PickUnits: fulfillments.decide_pick,
    c.PackUnits: apart(fulfillments.decide_pack),
    c.LabelParcel: apart(labels.decide_label),
    p.RequestLabel: apart(labels.decide_request_label),
    p.ChooseRate: apart(labels.decide_choose_rate),
    p.VoidLabel: apart(labels.decide_void_label),
    p.AnswerVoid: apart(labels.decide_answer_void),
    c.ShipParcels: apart(shipments.decide_ship),
    c.TrackParcel: apart(shipments.decide_track),
    c.CancelUnits: cancel.decide_cancel,
    **auto_cancel.RULES,
    c.AnswerCancel: cancel.decide_answer_cancel,
    c.AnswerPayment: tenders.decide_answer_payment,
    c.RetryPayment: paying_again.decide_retry_payment,
    c.AddTender: paying_again.decide_add_tender,
    **by_hand.RULES,
    **reversing.RULES,
    **renewing.RULES,
    **calling.RULES,
    c.LinkOrders: links.decide_link,
    RaiseAlarm: alarms.decide_raise_alarm,
    ClearAlarm: alarms.decide_clear_alarm,
    c.AnnotateOrder: keep.decide_annotate,
    c.CloseOrder: keep.decide_close,
    ErasePeople: decide_erase_people,
    s.PutSkus: settings.decide_put_skus,
    s.PutSubstitutes: settings.decide_put_substitutes,
    s.PutLocation: settings.decide_put_location,
    s.PutPool: settings.decide_put_pool,
    s.PutChannel: settings.decide_put_channel,
    s.PutCustomField: settings.decide_put_custom_field,
    s.AdjustStock: stock.decide_adjust,
    s.ExpireLots: lot_rules.decide_expire,
    s.ApplyFeed: feeds.decide_feed,
    s.SetSafety: stock.decide_set_safety,
    s.SetThreshold: stock.decide_set_threshold,
    s.SetDoubt: stock.decide_set_doubt,
    s.HoldCart: carts.decide_hold_cart,
    s.ReleaseCart: carts.decide_release_cart,
    **changes.RULES,
    **drafts.RULES,
    **counts.RULES,
    **credits_.RULES,
    **cards_.RULES,
    **merging_.RULES,
    **entities.RULES,
    **issuing.RULES,
    **collecting.RULES,
    **periods.RULES,
    **writing_off.RULES,
    undoing.UnpackUnits: apart(undoing.decide_unpack),
    undoing.UnpickUnits: undoing.decide_unpick,
    UndoHandover: apart(decide_undo_handover),
    **boxes.RULES,
    **carrier_claims.RULES,
    **missing_parcels.RULES,
    **manifests.RULES,
    **carrier_pickups.RULES,
    **combining.RULES,
    **wave_rules.RULES,
    **discrepancies.RULES,
    **promises.RULES,
    **policies.RULES,
    **pickups.RULES,
    **arrivals.RULES,
    **tickets.RULES,
    **vendors.RULES,
    **decisions.rules(lambda draft, command, context: RULES[type(command)](draft, command, context)),
    **demands.RULES,
    **supply.RULES,
    **learning.RULES,
    PegUnits: repegging.decide_peg_units,
    PutKeepRules: decide_put_rules,
    **listings.RULES,
    **transfers.RULES,
    **for_orders.RULES,
    **reallocations.RULES,
    **approving.RULES,
    **replenishments.RULES,
    **returns.RULES,
    **matching.RULES,
    **disputes.RULES,
    **lagging.RULES,
    **payouts.RULES,
    **tasks.RULES,
    **mappings.RULES,
    **companies.RULES,
    **agreements.RULES,
    **contracts.RULES,
    **price_lists.RULES,
    **access.RULES,
    **edi.RULES,
    **warehousing.rules(lambda draft, command, context: RULES[type(command)](draft, command, context)),
    **users.RULES,
    **views.RULES,
    **sellers.RULES,
    **identities.RULES,
    **customer_links.RULES,
    **appeasements.rules(lambda draft, command, context: RULES[type(command)](draft, command, context)),
    **approvals.rules(lambda draft, command, context: RULES[type(command)](draft, command, context)),
}


def run(world: World, command: c.Command, context: Context) -> tuple[Draft, Any]:
    """Decide a command and leave the world as it is afterwards; refused, the world is as it was.

    Returns the draft with its events, and what the rule answers beside them (mostly nothing).
    """
    draft = Draft(world, context.now)
    if context.expected is not None:
        _check_version(world, context.expected)
    try:
        return draft, RULES[type(command)](draft, command, context)
    except Refused:
        draft.roll_back()
        raise


def _check_version(world: World, expected: Expected) -> None:
    """Refused VERSION_STALE: the record has changed since the caller saw it."""
    known = world.records.get((expected.kind, expected.id))
    current = known.version if known is not None else 0
    if current != expected.version:
        raise Refused(OrderRefusal.VERSION_STALE, field="expected_version", value=expected.version, current=current)


def preview(world: World, command: c.Command, context: Context) -> Draft:
    """The events a command would give, with the world left as it was: pure."""
    draft, _ = run(world, command, context)
    draft.roll_back()
    return draft
