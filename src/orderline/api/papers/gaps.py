"""SKUs whose missing data will hurt: by how many units of them are on their way to customers."""

from typing import Annotated, Final, Literal

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import MOST, page, readers
from orderline.store.documents import SkuGap, load_gaps


class GapsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """lacks: only SKUs that lack one of these."""

    lacks: Annotated[
        tuple[Literal["weight_g", "dimensions", "gtin", "hs_code", "origin"], ...], msgspec.Meta(max_length=5)
    ] = ()
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 50


async def list_sku_gaps(call: Call[GapsQuery, None]) -> Answer:
    """SKUs with open demand that lack data."""
    query = call.query
    return page(await readers(call).run(lambda s: load_gaps(s, lacks=query.lacks, most=query.limit)), None)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_sku_gaps", method="GET", path="/v1/sku-gaps", right=Right.STOCK_READ,
        summary="List SKUs that orders wait for and that lack weight, dimensions, barcode, HS code or origin",
        description="The most wanted first. Weight and dimensions are needed for rates and boxes, the barcode for"
        " scanning, HS code and origin for parcels that leave the customs union.",
        handler=list_sku_gaps, capability="stock", query=GapsQuery, output=SkuGap, page=True,
    ),
)  # fmt: skip
