"""What rules of stock ask of codes and names: is it one, is it known, is it counted."""

import re
from collections.abc import Sequence
from typing import Final

from orderline.core.orders.guards import check_text
from orderline.core.stock.refusals import StockRefusal as R
from orderline.core.stock.state import Settings, Sku, SkuKind
from orderline.core.world import World
from orderline.values.failures import Refused

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+\-]{0,99}")


def check_code(code: str, field: str) -> str:
    """A code people and partners type. Refused CODE_NOT_ACCEPTABLE: not 1 to 100 letters, digits and . _ : / + -"""
    if not _CODE.fullmatch(code):
        allowed = "1 to 100 letters, digits, or one of . _ : / + - (a letter or digit first)"
        raise Refused(R.CODE_NOT_ACCEPTABLE, field=field, value=code[:120], allowed=allowed)
    return code


def check_sku_code(code: str, field: str) -> str:
    """As `check_code`, with inner spaces and any letters: real catalogs have them. It is one line on any paper."""
    check_text(code, field, 100, required=True)
    if code != code.strip() or not code.isprintable():
        allowed = "printable characters, no space at either end"
        raise Refused(R.CODE_NOT_ACCEPTABLE, field=field, value=code, allowed=allowed)
    return code


def check_stocked(world: World, code: str, field: str) -> Sku:
    """The SKU of that code. Refused SKU_UNKNOWN, SKU_NOT_STOCKED: it is digital, a service or a bundle."""
    sku = world.skus.get(code)
    if sku is None:
        raise Refused(R.SKU_UNKNOWN, field=field, value=code[:100])
    if sku.kind is not SkuKind.STOCKED:
        raise Refused(R.SKU_NOT_STOCKED, field=field, value=code, kind=sku.kind)
    return sku


def check_seen(settings: Settings, channels: Sequence[str], locations: Sequence[str], *, under: str = "") -> None:
    """What a key, or an exclusion, names has to be there. Refused CHANNEL_UNKNOWN, LOCATION_UNKNOWN."""
    for field, code, asked, known in (
        ("channels", R.CHANNEL_UNKNOWN, channels, settings.channels),
        ("locations", R.LOCATION_UNKNOWN, locations, settings.locations),
    ):
        for index, each in enumerate(asked):
            if each not in known:
                raise Refused(code, field=f"{under}{field}[{index}]", value=each[:100], allowed=sorted(known)[:50])


def check_location(world: World, code: str) -> None:
    """Refused LOCATION_UNKNOWN: there is no location of that code."""
    if code not in world.settings.locations:
        allowed = sorted(world.settings.locations)[:50]
        raise Refused(R.LOCATION_UNKNOWN, field="location", value=code[:100], allowed=allowed)
