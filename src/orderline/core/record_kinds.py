"""The kinds of records there are, by name."""

from typing import Final

from orderline.core.access.state import API_KEYS
from orderline.core.agreements.state import KINDS as AGREEMENTS
from orderline.core.appeasements.state import BUDGET
from orderline.core.approvals.state import APPROVAL
from orderline.core.companies.state import COMPANY
from orderline.core.contracts.state import CONTRACT
from orderline.core.counts.evolve import COUNT
from orderline.core.credits.state import CREDIT_ACCOUNT
from orderline.core.customer_links.state import CUSTOMER_LINK
from orderline.core.decisions.evolve import DECISION
from orderline.core.demands.evolve import DEMAND
from orderline.core.documents.state import DOCUMENT, SERIES
from orderline.core.drafts.state import DRAFT_ORDER
from orderline.core.edi.shipping_orders import EDI_SHIPPING_ORDER
from orderline.core.edi.state import KINDS as EDI
from orderline.core.fulfillments.discrepancies import DISCREPANCY
from orderline.core.fulfillments.waves import WAVE
from orderline.core.holds.lists import ENTRY_KIND
from orderline.core.identities.state import IDENTITY_KIND, MEMBER_KIND
from orderline.core.ledger.periods import PERIOD
from orderline.core.listings.state import LISTING
from orderline.core.mappings.state import MAPPING
from orderline.core.payouts.state import PAYOUT
from orderline.core.policies.evolve import POLICY_KIND, TEXT_KIND
from orderline.core.price_lists.state import PRICE_LIST, PRICES
from orderline.core.promises.settings import KINDS as PROMISES
from orderline.core.reallocations.evolve import KINDS as REALLOCATIONS
from orderline.core.records import RecordKind
from orderline.core.replenishments.state import REPLENISH_RULES
from orderline.core.returns.orphans import ORPHAN
from orderline.core.sellers.state import KINDS as SELLERS
from orderline.core.shipments.boxes import BOX
from orderline.core.shipments.carrier_claims import CARRIER_CLAIM
from orderline.core.shipments.carrier_pickups import CARRIER_PICKUP
from orderline.core.shipments.combinations import COMBINATION
from orderline.core.shipments.manifests import MANIFEST
from orderline.core.shipments.missing_parcels import MISSING_PARCEL
from orderline.core.stock.keeping import KEEP_RULES
from orderline.core.stock.lagging import LAG_BUFFER
from orderline.core.supply.evolve import PURCHASE
from orderline.core.supply.slips import VENDOR_RECORD
from orderline.core.tasks.state import TASK
from orderline.core.tickets.evolve import TICKET
from orderline.core.transfers.evolve import TRANSFER
from orderline.core.users.state import ROLES, USERS
from orderline.core.vendors.state import FEED_AGE
from orderline.core.views.state import VIEWS

KINDS: Final[dict[str, RecordKind]] = {
    kind.name: kind
    for kind in (
        BOX,
        CARRIER_CLAIM,
        MISSING_PARCEL,
        ORPHAN,
        MANIFEST,
        CARRIER_PICKUP,
        COMBINATION,
        WAVE,
        DISCREPANCY,
        COUNT,
        CREDIT_ACCOUNT,
        CUSTOMER_LINK,
        DECISION,
        DOCUMENT,
        DRAFT_ORDER,
        PAYOUT,
        PERIOD,
        *SELLERS,
        *EDI,
        EDI_SHIPPING_ORDER,
        SERIES,
        DEMAND,
        PURCHASE,
        VENDOR_RECORD,
        TRANSFER,
        KEEP_RULES,
        TICKET,
        FEED_AGE,
        LISTING,
        ENTRY_KIND,
        POLICY_KIND,
        TEXT_KIND,
        *PROMISES,
        *REALLOCATIONS,
        REPLENISH_RULES,
        TASK,
        MAPPING,
        LAG_BUFFER,
        COMPANY,
        CONTRACT,
        PRICE_LIST,
        PRICES,
        API_KEYS,
        ROLES,
        USERS,
        VIEWS,
        APPROVAL,
        *AGREEMENTS,
        BUDGET,
        IDENTITY_KIND,
        MEMBER_KIND,
    )
}
