"""How good the rules are that place holds."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import readers
from orderline.api.scoping import check_every_location
from orderline.store.reading.precision import PrecisionReport, load_precision


class PrecisionQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """days: how many days back holds were placed."""

    days: Annotated[int, msgspec.Meta(ge=1, le=400)] = 90


async def _precision(call: Call[PrecisionQuery, None]) -> Answer:
    check_every_location(call, "location", "")
    until = datetime.now(UTC)
    since, channels = until - timedelta(days=call.query.days), sorted(call.key.channels)
    return Answer(await readers(call).run(lambda source: load_precision(source, since, until, channels=channels)))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="read_hold_precision", method="GET", path="/v1/reports/hold-precision", right=Right.ORDERS_READ,
        summary="Read what came of the holds that rules have placed", handler=_precision, capability="holds",
        description="By rule: how many it has held, how many of these were rejected, lifted and charged back all the same, or"
        " lifted and fine; and how many orders charged back for fraud no rule has held. Test orders do not count.",
        query=PrecisionQuery, output=PrecisionReport, refusals=("LOCATION_NOT_YOURS",),
    ),
)  # fmt: skip
