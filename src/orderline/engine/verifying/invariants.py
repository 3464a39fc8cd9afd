"""The invariants by name, in the order they are told."""

from enum import StrEnum
from typing import Final


class Invariant(StrEnum):
    """What is true after every transaction. The value is a stable name, part of the output."""

    JOURNAL = "journal"
    CHAIN = "chain"
    FOLD = "fold"
    COLUMNS = "columns"
    WINDOWS = "windows"
    CONSERVATION = "conservation"
    PARCELS = "parcels"
    TOTALS = "totals"
    MONEY = "money"
    INSTALLMENTS = "installments"
    EFFECTS = "effects"
    HOLDS = "holds"
    PEOPLE = "people"
    LABELS = "labels"
    PHOTOS = "photos"
    SHELVES = "shelves"
    LOTS = "lots"
    RESERVATIONS = "reservations"
    CLAIMS = "claims"
    ALLOCATIONS = "allocations"
    PROMISABLE = "promisable"
    CARTS = "carts"
    OVERSOLD = "oversold"
    ENDED = "ended"
    NAMES = "names"
    OUTBOX = "outbox"
    LIVENESS = "liveness"
    RECORDS = "records"
    ASKED = "asked"
    SUPPLY = "supply"
    DEMAND = "demand"
    RECEIPTS = "receipts"
    ORPHANS = "orphans"
    REPAIRS = "repairs"
    VENDORS = "vendors"
    DECISIONS = "decisions"
    COMBINED = "combined"
    SERVICE = "service"
    HOURS = "hours"
    INDICATORS = "indicators"
    TOLD = "told"
    PUSHES = "pushes"
    DIFFERENCES = "differences"
    WAITING = "waiting"
    POSTINGS = "postings"
    BOOKS = "books"
    LEDGER = "ledger"
    DOCUMENTS = "documents"
    AGREEMENTS = "agreements"
    CONTRACTS = "contracts"
    NUMBERS = "numbers"
    CREDITS = "credits"
    PERIODS = "periods"
    PAYOUTS = "payouts"
    OWED = "owed"
    IDENTITIES = "identities"
    BUDGETS = "budgets"
    PARTNERS = "partners"
    SELLERS = "sellers"

    @property
    def about(self) -> str:
        """The invariant as a sentence."""
        return INVARIANTS[self]


I = Invariant  # noqa: E741

INVARIANTS: Final[dict[Invariant, str]] = {
    I.JOURNAL:      "the journal of each order counts 1, 2, 3 ... up to its version",
    I.CHAIN:        "each journal entry is hashed together with the one before",
    I.FOLD:         "folding the journal of an order gives its document, byte for byte",
    I.COLUMNS:      "the columns of an order are what its document says",
    I.WINDOWS:      "lines, fulfillment orders, shipments, parcels and holds are what document and journal say",
    I.CONSERVATION: "each unit ordered stands in exactly one bucket",
    I.PARCELS:      "units shipped, delivered and lost are what is in the parcels",
    I.TOTALS:       "lines and charges add up to the total, components of a bundle to its line",
    I.MONEY:        "captured and voided within authorized, refunded within captured, with what is asked for",
    I.INSTALLMENTS: "installments add up to the whole, and hold their order only while they are not paid",
    I.EFFECTS:      "each payment request has a key of its own and one answer at most",
    I.HOLDS:        "no command went through while a hold blocked it",
    I.PEOPLE:       "each person an order names has a row of that order",
    I.LABELS:       "each label that is kept is what the journal of its order says was bought",
    I.PHOTOS:       "each photo that is kept is what its digest says, of an order nobody of which was erased",
    I.SHELVES:      "each shelf is the sum of its double entries",
    I.LOTS:         "the lots of a tracked SKU add up to its shelf, bucket by bucket, and each lot to its entries",
    I.RESERVATIONS: "per SKU, claimed, allocated and backordered are what the lines say",
    I.CLAIMS:       "per pool, claims and backorders are what the lines say",
    I.ALLOCATIONS:  "per location, what is allocated is what the lines have there",
    I.PROMISABLE:   "what a pool may promise is the sum of its shelves",
    I.CARTS:        "what is held in a pool is the sum of its cart holds",
    I.OVERSOLD:     "no shelf is allocated beyond what it has without an alarm",
    I.ENDED:        "a closed or canceled order holds no units",
    I.NAMES:        "order numbers and names in channels are each of one order",
    I.OUTBOX:       "each job is of a known kind and of an order that exists",
    I.LIVENESS:     "every open order has a next step, an owner, a due time, and something that brings it about",
    I.RECORDS:      "the document and columns of counts and other records are what their journal tells",
    I.ASKED:        "each open decision request is one its order waits for, and has a timer when it was sent",
    I.SUPPLY:       "dated supply is what its records say, and pegged what the lines say, within it or overpegged",
    I.DEMAND:       "scheduled demand is what its records say, and withheld what dated supply does not cover in time",
    I.RECEIPTS:     "the ledger has what purchase orders and transfers have received, sent and have on the way",
    I.ORPHANS:      "goods with no order known stand in the ledger as their records say, and what was matched is in a return",
    I.REPAIRS:      "what customers have sent to be repaired stands in the ledger as their returns say, and on no shelf",
    I.VENDORS:      "what is learned of a vendor is what its lines say that ended last, and its figures follow from them",
    I.DECISIONS:    "a routing decision made again from what it was made of is the same, byte for byte",
    I.COMBINED:     "the parts of a combined parcel have one label, are in one place, and share its cost exactly",
    I.SERVICE:      "what locations were offered, have accepted and have rejected a day is what the journal tells",
    I.HOURS:        "orders, shipments and exceptions are counted in the hour and for the channel that the journal tells",
    I.INDICATORS:   "orders count for indicators what their journals tell, and the sums of days are those of their orders",
    I.TOLD:         "no channel is told of more units of a SKU than the pools it sells from had when that was made",
    I.PUSHES:       "each set of figures was sent to a channel that there is, and was taken, or there is a reason why not",
    I.DIFFERENCES:  "each payment that differs is of a provider compared so far, of an order that exists, and settled by somebody",
    I.WAITING:      "units that may wait for a location until a time have a job that cancels them then",
    I.POSTINGS:     "the ledger has what the journals of orders and records tell, and nothing else",
    I.BOOKS:        "what is open in the books of an order is the sum of its postings",
    I.LEDGER:       "each posting, and all the books together, sum to zero in every currency",
    I.DOCUMENTS:    "the invoices of an order are those it names, and add up to what is billed, which was supplied",
    I.AGREEMENTS:   "what is called off of an agreement is what its orders have, and never more than was agreed",
    I.CONTRACTS:    "each renewal of a contract is one order of its name, in turn, and the next one has a job that places it",
    I.NUMBERS:      "the numbers of documents have no gap, and each is of one document",
    I.CREDITS:      "credits add up, and no line is credited beyond what was invoiced of it",
    I.PERIODS:      "each closed period has the balances it was closed with",
    I.PAYOUTS:      "each payout in the books has the amount, fees and exchanges of the entries that its provider lists",
    I.OWED:         "what is on each credit account is what the ledger owes under its name, and never below zero",
    I.IDENTITIES:   "the orders of a merged identity exist and belong to it alone, and nothing belongs to one that was undone",
    I.BUDGETS:      "what each budget says was given is what orders say was counted on it, period by period",
    I.PARTNERS:     "what partners of EDI are found by is what they are put with, and a location is run by one at a time",
    I.SELLERS:      "what sellers have of an order is posted, their statements are the ledger's, and are paid or stand on their account",
}  # fmt: skip
