"""What becomes of a row: exactly one verdict each, so that the counts add up to the file."""

from enum import StrEnum
from typing import Final

import msgspec

from orderline.core.imports.report import Example


class ImportRefusal(StrEnum):
    """Why a whole file can't be imported; nothing was taken in."""

    FILE_UNREADABLE = "FILE_UNREADABLE"
    FILE_EMPTY = "FILE_EMPTY"
    LAYOUT_UNKNOWN = "LAYOUT_UNKNOWN"
    LAYOUT_NOT_RECOGNIZED = "LAYOUT_NOT_RECOGNIZED"
    COLUMN_MISSING = "COLUMN_MISSING"
    MAPPING_NOT_VALID = "MAPPING_NOT_VALID"
    CURRENCY_REQUIRED = "CURRENCY_REQUIRED"
    FIX_FILE_CHANGED = "FIX_FILE_CHANGED"
    IMPORT_TAKEN_OVER = "IMPORT_TAKEN_OVER"


class RowRefusal(StrEnum):
    """Why the row of a file is refused, beside the refusals that orders have anyway."""

    OTHER_ROW = "OTHER_ROW"
    PARTLY_FULFILLED = "PARTLY_FULFILLED"
    NOT_RUN = "NOT_RUN"
    LINE_TOTAL_NOT_SHARED = "LINE_TOTAL_NOT_SHARED"


class Verdict(StrEnum):
    """The verdicts of rows; those of VERDICTS that end in `:` are followed by a detail."""

    IMPORTED = "imported"
    CHARGE = "charge"
    CANCELLATION = "cancellation"
    CANCELLATION_UNMATCHED = "cancellation_unmatched"
    DUPLICATE = "duplicate"
    DUPLICATE_ORDER = "duplicate_order"
    NOT_A_SALE = "not_a_sale"
    MALFORMED = "malformed"
    REFUSED = "refused"


# verdict                          what it says of the row, and what has happened with it
MEANINGS: Final[dict[str, str]] = {
    "imported":                    "a line of an order that is now in Orderline",
    "charge":                      "postage, a fee or a discount: a charge of its order, which is now in Orderline",
    "cancellation":                "takes back units of one earlier line, which counts them as canceled",
    "cancellation_unmatched":      "takes back units, but of no line of this file, or of one of several: not applied",
    "duplicate":                   "repeats another row of its order in every column: left out",
    "duplicate_order":             "its order was here before, with the same content: nothing has happened",
    "not_a_sale:stock_adjustment": "a stock movement without customer and price: not an order",
    "not_a_sale:fees_only":        "its document holds fees and no goods: not an order",
    "not_a_sale:fee_credit":       "takes back a fee or gives a discount apart from any order",
    "malformed:COLUMNS":           "has more or fewer columns than the header",
    "malformed:ENCODING":          "has bytes that are no text in the file's encoding",
    "malformed:CSV":               "can't be told apart into columns: an open quote, or an endless field",
    "malformed:NUMBER":            "has a number that is none",
    "malformed:DATE":              "has a date that is none",
    "malformed:VALUE":             "has a word where only some are known",
    "malformed:JSON":              "is not a JSON object",
    "malformed:FIELD":             "is JSON, but not an order: a field is missing, unknown, or of the wrong type",
    "malformed:LENGTH":            "is longer than any order",
    "refused:OTHER_ROW":           "belongs to an order of which another row is refused; an order is taken whole",
    "refused:PARTLY_FULFILLED":    "the source has shipped a part: live, it can only be taken as history",
    "refused:NOT_RUN":             "met an error inside Orderline, which is in its log; nothing was taken",
    "refused:LINE_TOTAL_NOT_SHARED": "its line total is no whole number of minor units for each unit",
    "refused:<CODE>":              "refused by a rule, under the code of the refusals; nothing of its order was taken",
}  # fmt: skip


class Remark(StrEnum):
    """Beside the verdicts: what is worth knowing of rows that were taken. A row may have several, or none."""

    GUEST = "guest"
    FREE = "free"
    REPEATED_SKU = "repeated_sku"
    COUNTRY_UNKNOWN = "country_unknown"
    CANCELED = "canceled"
    AS_HISTORY = "as_history"
    ROUNDED = "rounded"
    UNEXPLAINED = "unexplained"
    SHARED = "shared"


REMARKS: Final[dict[Remark, str]] = {
    Remark.GUEST:           "rows of orders without a customer",
    Remark.FREE:            "lines at a price of zero",
    Remark.REPEATED_SKU:    "lines whose SKU stands on an earlier line of the order as well; each stays a line of its own",
    Remark.COUNTRY_UNKNOWN: "rows of orders whose country is no country we know; they have no place",
    Remark.CANCELED:        "rows of orders that the source had canceled",
    Remark.AS_HISTORY:      "rows of orders taken as history in a live import, since the source has served them",
    Remark.ROUNDED:         "rows with a price rounded to the currency's digits, as the mapping allows",
    Remark.UNEXPLAINED:     "rows of orders whose total was made up with a charge, as the mapping allows",
    Remark.SHARED:          "lines whose total no whole price makes, so that a discount takes what is over, as the mapping allows",
}  # fmt: skip


class Ruling(msgspec.Struct, frozen=True, gc=False):
    """The verdict on a row, with the place of what is wrong."""

    verdict: str
    field: str = ""
    value: str = ""
    hint: str = ""

    @property
    def to_fix(self) -> bool:
        """May the row be corrected and imported again?"""
        return self.verdict.startswith(("refused:", "malformed:"))


def malformed(what: str, field: str = "", value: object = "", hint: str = "") -> Ruling:
    """A row that can't be read."""
    return Ruling(f"{Verdict.MALFORMED.value}:{what}", field, shown(value), hint)


def refused(code: str, field: str = "", value: object = "", hint: str = "") -> Ruling:
    """A row, or its order, that a rule refuses."""
    return Ruling(f"{Verdict.REFUSED.value}:{code}", field, shown(value), hint)


def not_a_sale(why: str, hint: str = "") -> Ruling:
    """A row that is right, but no order."""
    return Ruling(f"{Verdict.NOT_A_SALE.value}:{why}", hint=hint)


def shown(value: object) -> str:
    """A value as it can be shown and stored: short, and without what no encoding can write."""
    text = value if isinstance(value, str) else str(value)
    return text[:200].encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


def example(ruling: Ruling, row: int, order: str) -> Example:
    """A row with its verdict, to be shown in the report."""
    return Example(row, shown(order), ruling.field, ruling.value, ruling.hint)
