"""What the text of a new policy begins with, by its kind: right as it stands, and the least that is."""

from typing import Final

from orderline.core.ledger.chart import INSTEAD
from orderline.core.ledger.state import Account
from orderline.core.policies.state import PolicyKind

_ACCOUNTS: Final = "".join(f'{each} = "{each}"\n' for each in Account if each not in INSTEAD)
BEGINNINGS: Final[dict[PolicyKind, str]] = {
    PolicyKind.ROUTING: """kind = "routing"
description = ""

[[group]]
name = "all orders"

[[group.rule]]
name = "anywhere"
objective = ["late", "locations", "cost", "distance"]
leftover = [{ do = "backorder" }]
""",
    PolicyKind.RETURNS: """kind = "returns"
send_within_days = 30

[[rule]]
name = "all goods"
window_days = 30
approve = "automatic"
refund_at = "received"
""",
    PolicyKind.HOLDS: """kind = "holds"

[[rule]]
name = "large first orders"
when = "customer.first && order.total_minor >= 100000"
type = "fraud"
reason = "The first order, and a large one"
""",
    PolicyKind.SHIPPING: """kind = "shipping"
description = ""

[[fee]]
amount_minor = 490
currency = "EUR"
free_from_minor = 5000
""",
    PolicyKind.CHART: f"""kind = "chart"
description = ""

[accounts]
{_ACCOUNTS}""",
}
