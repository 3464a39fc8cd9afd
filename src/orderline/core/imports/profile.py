"""A layout, a mapping and a header made into one: all that reading the rows of one file needs to know."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Final

import msgspec

from orderline.core.imports.layouts import (
    GENERIC,
    LAYOUTS,
    Layout,
    Rules,
    find_columns,
    fold_heading,
    recognize,
)
from orderline.core.imports.mapping import MappedRules, Mapping, zone_of
from orderline.core.imports.verdicts import ImportRefusal as R
from orderline.core.imports.verdicts import shown
from orderline.values.failures import Refused
from orderline.values.money import check_currency

_LONGEST_HEADING: Final = 80
OPTIONAL: Final = ("line_total", "discount", "line_tax", "taxable", "requires_shipping", "canceled", "kind")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller decides for a whole file. `history` and `currency`: None leaves them to layout and rows."""

    layout: str = "auto"
    channel: str = "import"
    currency: str | None = None
    history: bool | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """How to read the rows of one file. `columns`: our field to the number of its column; `width`: how many there are.

    history: what an order is that does not say so itself; forced: it may not.
    plain: rows say nothing of OPTIONAL fields, so that nobody need look.
    """

    layout: Layout
    header: tuple[str, ...]
    width: int
    columns: dict[str, int]
    charges: dict[str, str]
    countries: dict[str, str]
    sku_aliases: dict[str, str]
    defaults: dict[str, str]
    rules: Rules
    zone: tzinfo
    date_formats: tuple[str, ...]
    decimal_comma: bool
    channel: str
    currency: str
    history: bool
    forced: bool
    plain: bool


def make_profile(header: Sequence[str], mapping: Mapping, options: Options) -> Profile:
    """Read a header by a mapping and the caller's options.

    Refused LAYOUT_UNKNOWN, LAYOUT_NOT_RECOGNIZED, COLUMN_MISSING, MAPPING_NOT_VALID (a column that is not there),
    CURRENCY_REQUIRED (no column, no default), CURRENCY_UNKNOWN.
    """
    layout = _layout(header, mapping, options)
    columns = find_columns(layout, header)
    folded = {fold_heading(heading): number for number, heading in reversed(list(enumerate(header)))}
    for field, heading in mapping.columns.items():
        if not heading:
            columns.pop(field, None)
            continue
        if fold_heading(heading) not in folded:
            raise Refused(
                R.MAPPING_NOT_VALID, field=f"columns.{field}", value=shown(heading), allowed=list(header)[:100]
            )
        columns[field] = folded[fold_heading(heading)]
    for field in layout.required:
        if not {field, *layout.instead.get(field, ())} & {*columns, *mapping.defaults}:
            raise Refused(
                R.COLUMN_MISSING,
                field=field,
                value=layout.name,
                allowed=[*layout.columns.get(field, ()), f"or a mapping: [columns] {field} = '...'"],
                header=_headings(header),
            )
    currency = options.currency or mapping.defaults.get("currency") or layout.currency
    if currency:
        check_currency(currency)
    elif "currency" not in columns:
        raise Refused(R.CURRENCY_REQUIRED, field="currency", value="", allowed="--currency, a default, or a column")
    return Profile(
        layout=layout,
        header=tuple(header),
        width=len(header),
        columns=columns,
        charges=_without_empty({**layout.charges, **mapping.charges}),
        countries={**layout.countries, **mapping.countries},
        sku_aliases=mapping.sku_aliases,
        defaults=mapping.defaults,
        rules=_rules(layout.rules, mapping.rules),
        zone=zone_of(mapping.time_zone or layout.time_zone),
        date_formats=(*mapping.date_formats, *layout.date_formats),
        decimal_comma=mapping.decimal_comma,
        channel=options.channel,
        currency=currency,
        history=layout.history if options.history is None else options.history,
        forced=options.history is not None,
        plain=not any(field in columns or field in mapping.defaults for field in OPTIONAL),
    )


def _layout(header: Sequence[str], mapping: Mapping, options: Options) -> Layout:
    name = options.layout if options.layout != "auto" else mapping.layout
    if name:
        if name not in LAYOUTS:
            raise Refused(R.LAYOUT_UNKNOWN, field="layout", value=shown(name), allowed=["auto", *sorted(LAYOUTS)])
        return LAYOUTS[name]
    layout = recognize(header)
    if layout is None and mapping.columns:
        return GENERIC
    if layout is None:
        raise Refused(
            R.LAYOUT_NOT_RECOGNIZED,
            field="header",
            value=_headings(header),
            allowed=[f"{each.name} (with {', '.join(each.required)})" for each in LAYOUTS.values()],
            hint="a mapping says which heading is which of our fields: [columns] order = '...'"
            if _headings(header)
            else "its first line holds no headings: it does not look like a table",
        )
    return layout


def _headings(header: Sequence[str]) -> list[str]:
    """The headings as they can be shown; none, when the first line is no row of headings but letters, or a picture."""
    told = [heading.strip() for heading in header][:100]
    if len(told) < 2 or not all(len(each) <= _LONGEST_HEADING and each.isprintable() for each in told):
        return []
    return told


def _rules(of_layout: Rules, mapped: MappedRules) -> Rules:
    said = {name: value for name, value in msgspec.structs.asdict(mapped).items() if value is not None}
    return msgspec.structs.replace(of_layout, **said)


def _without_empty(kinds: dict[str, str]) -> dict[str, str]:
    return {code: kind for code, kind in kinds.items() if kind}
