"""JSON Lines: one order per line, in our own shape (that of POST /v1/orders) or in Shopify's of its REST API."""

import re
from typing import Any, Final, cast

import msgspec

from orderline.core.imports.documents import Document, Row
from orderline.core.imports.layouts import FIELDS, FIX_KEY, GENERIC
from orderline.core.imports.mapping import Mapping
from orderline.core.imports.profile import Options, Profile, make_profile
from orderline.core.imports.sales import take_sale
from orderline.core.imports.shopify_rest import is_shopify, render_cells
from orderline.core.imports.verdicts import Ruling, malformed
from orderline.core.orders.commands import LineInput, PlaceOrder
from orderline.core.orders.state import LineKind
from orderline.core.stock.state import Sku, SkuKind

# Numbers with a point stay text: prices among them are exact.
_decoder: Final = msgspec.json.Decoder(float_hook=str)
_PLACE: Final = re.compile(r" - at `\$\.?(.*)`$")
_SKU_KINDS: Final = {LineKind.DIGITAL: SkuKind.DIGITAL, LineKind.SERVICE: SkuKind.SERVICE}


def json_profile(mapping: Mapping, options: Options) -> Profile:
    """How to read JSON Lines: as the generic layout with all of its columns."""
    return make_profile(FIELDS, mapping, msgspec.structs.replace(options, layout=GENERIC.name))


def read_line(profile: Profile, number: int, line: bytes) -> Document:
    """The document of one line; b"" stands for one that is too long to be read."""
    row = Row(number, [], "")
    document = Document(external_id="", rows=[row], rulings=[None])
    if not line:
        document.rulings = [malformed("LENGTH", hint="at most 16 MiB")]
        return document
    if b"\\u0000" in line or b"\x00" in line:
        document.rulings = [malformed("ENCODING", "", line[:200].decode("utf-8", "replace"), "no NUL characters")]
        return document
    try:
        decoded: Any = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        document.rulings = [malformed("JSON", "", line[:200].decode("utf-8", "replace"), str(error)[:200])]
        return document
    if not isinstance(decoded, dict):
        document.rulings = [malformed("JSON", "", line[:200].decode("utf-8", "replace"), "an object")]
        return document
    body = cast("dict[str, Any]", decoded)
    inner: Any = body.get("order")
    if isinstance(inner, dict):
        body = cast("dict[str, Any]", inner)
    body.pop(FIX_KEY, None)
    if is_shopify(body):
        _take_shopify(profile, document, body)
    else:
        _take_own(profile, document, body)
    return document


def _take_own(profile: Profile, document: Document, body: dict[str, Any]) -> None:
    body.pop("command", None)
    for field, default in (("channel", profile.channel), ("currency", profile.currency)):
        if default and not body.get(field):
            body[field] = default
    if profile.forced or "history" not in body:
        body["history"] = profile.history
    try:
        order = msgspec.convert(body, PlaceOrder)
    except msgspec.ValidationError as error:
        document.external_id = str(body.get("external_id", ""))[:100]
        message = str(error)
        place = _PLACE.search(message)
        document.rulings = [malformed("FIELD", place.group(1) if place else "", "", _PLACE.sub("", message)[:200])]
        return
    document.external_id = order.external_id
    document.order = order
    document.line_rows = [0] * len(order.lines)
    for line in order.lines:
        document.skus.setdefault(line.sku, _sku(line))


def _sku(line: LineInput) -> Sku:
    kind = SkuKind.STOCKED if line.kind is None else _SKU_KINDS.get(line.kind, SkuKind.STOCKED)
    return Sku(line.sku, line.description, kind)


def _take_shopify(profile: Profile, document: Document, body: dict[str, Any]) -> None:
    """One row of cells per line item, read as a CSV export would be; then one verdict for the line of the file."""
    try:
        cells = render_cells(body)
    except (AttributeError, TypeError, KeyError, IndexError) as error:
        document.rulings = [malformed("FIELD", "", "", f"not an order as Shopify writes them: {error}"[:200])]
        return
    rows = [Row(number, each, "") for number, each in enumerate(cells)]
    read = Document(external_id=str(body.get("name") or body.get("id") or ""), rows=rows, rulings=[None] * len(rows))
    take_sale(profile, read, {})
    document.external_id = read.external_id
    document.order = read.order
    document.skus = read.skus
    document.line_rows = [0] * len(read.line_rows)
    document.cancel_after = read.cancel_after
    document.remarks = dict.fromkeys(read.remarks, 1)
    if read.order is None:
        document.rulings = [_worst(read.rulings)]


def _worst(rulings: list[Ruling | None]) -> Ruling:
    known = [ruling for ruling in rulings if ruling is not None]
    telling = [ruling for ruling in known if ruling.to_fix and ruling.verdict != "refused:OTHER_ROW"]
    return (telling or known or [malformed("FIELD", "line_items", "", "an order has lines")])[0]
