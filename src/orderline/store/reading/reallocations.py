"""Who could give units of a SKU to an order, by the rules that hold."""

from datetime import datetime
from typing import Any, Final

from orderline.core.orders.claims import pools_of
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Order
from orderline.core.reallocations.commands import DEFAULT
from orderline.core.reallocations.state import PriorityRules, TakenUnits
from orderline.core.reallocations.taking import Share, choose
from orderline.core.world import World
from orderline.store.loading import decode_state
from orderline.store.reading.records import load_record
from orderline.store.reading.source import Source
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

SCAN: Final = 20_000
MOST_GIVERS: Final = 2_000


def load_shares(source: Source, order_id: OrderId, number: int, wanted: int, now: datetime) -> tuple[str, list[Share]]:
    """The SKU of a line, and who would be asked for so many units of it; fewer where no more may be taken.

    Refused ORDER_UNKNOWN, LINE_UNKNOWN.
    """
    order = _order(source, order_id)
    line = order.line_of(number)
    if line is None:
        raise Refused(
            OrderRefusal.LINE_UNKNOWN, field="line", value=number, allowed=[each.line for each in order.lines]
        )
    rules: Any = load_record(source, "priority_rules", DEFAULT)
    if not isinstance(rules, PriorityRules):
        return line.sku, []
    taken: Any = load_record(source, "taken_units", line.sku)
    settings = source.settings()
    pools = pools_of(World(settings), settings.channels[order.channel], order.is_test, order.group_of(line.group))
    rows = source.rows("reallocations", "givers", sku=line.sku, scan=SCAN, most=MOST_GIVERS)
    others = [decode_state(state) for _, state in rows]
    history = taken.taken if isinstance(taken, TakenUnits) else ()
    return line.sku, choose(rules, order, line, others, wanted, pools, history, now)


def _order(source: Source, id_: OrderId) -> Order:
    rows = source.rows("orders", "load_states", ids=[id_])
    if not rows:
        raise Refused(OrderRefusal.ORDER_UNKNOWN, field="order", value=str(id_))
    return decode_state(rows[0][1])
