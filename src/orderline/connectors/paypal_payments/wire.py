"""PayPal's objects, as far as they are read. Fields that are not here are left alone."""

from datetime import datetime

import msgspec


class MoneyIn(msgspec.Struct, frozen=True):
    currency_code: str
    value: str


class LinkIn(msgspec.Struct, frozen=True):
    href: str
    rel: str


class RelatedIn(msgspec.Struct, frozen=True):
    order_id: str | None = None
    authorization_id: str | None = None
    capture_id: str | None = None


class SupplementIn(msgspec.Struct, frozen=True):
    related_ids: RelatedIn = RelatedIn()


class WhyIn(msgspec.Struct, frozen=True):
    reason: str = ""


class PaymentIn(msgspec.Struct, frozen=True):
    """An authorization, a capture or a refund."""

    id: str = ""
    status: str = ""
    amount: MoneyIn | None = None
    invoice_id: str | None = None
    custom_id: str | None = None
    status_details: WhyIn | None = None
    final_capture: bool = False
    expiration_time: datetime | None = None
    create_time: datetime | None = None
    links: list[LinkIn] = []
    supplementary_data: SupplementIn = SupplementIn()


class PaymentsIn(msgspec.Struct, frozen=True):
    authorizations: list[PaymentIn] = []
    captures: list[PaymentIn] = []
    refunds: list[PaymentIn] = []


class UnitIn(msgspec.Struct, frozen=True):
    payments: PaymentsIn = PaymentsIn()


class OrderIn(msgspec.Struct, frozen=True):
    id: str = ""
    status: str = ""
    purchase_units: list[UnitIn] = []

    @property
    def payments(self) -> PaymentsIn:
        """Those of its first purchase unit; ours have one."""
        return self.purchase_units[0].payments if self.purchase_units else PaymentsIn()


class DetailIn(msgspec.Struct, frozen=True):
    issue: str = ""
    description: str = ""


class ErrorIn(msgspec.Struct, frozen=True):
    name: str = ""
    message: str = ""
    details: list[DetailIn] = []

    @property
    def issue(self) -> str:
        return next((each.issue for each in self.details if each.issue), self.name)


class TokenIn(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int

    def __repr__(self) -> str:
        return "TokenIn(...)"


class VerifiedIn(msgspec.Struct, frozen=True):
    verification_status: str


class EventIn(msgspec.Struct, frozen=True):
    id: str
    event_type: str
    create_time: datetime
    resource: msgspec.Raw


class EventsIn(msgspec.Struct, frozen=True):
    events: list[EventIn] = []
    links: list[LinkIn] = []


class DisputedIn(msgspec.Struct, frozen=True):
    seller_transaction_id: str | None = None
    invoice_number: str | None = None


class OutcomeIn(msgspec.Struct, frozen=True):
    outcome_code: str = ""


class DisputeIn(msgspec.Struct, frozen=True):
    dispute_id: str
    status: str = "OTHER"
    reason: str = ""
    dispute_amount: MoneyIn | None = None
    dispute_life_cycle_stage: str = ""
    dispute_outcome: OutcomeIn | None = None
    disputed_transactions: list[DisputedIn] = []
    seller_response_due_date: datetime | None = None


class ReportedIn(msgspec.Struct, frozen=True):
    transaction_id: str
    transaction_event_code: str
    transaction_initiation_date: datetime
    transaction_amount: MoneyIn
    fee_amount: MoneyIn | None = None
    paypal_reference_id: str | None = None
    invoice_id: str | None = None
    custom_field: str | None = None
    transaction_subject: str | None = None


class DetailsIn(msgspec.Struct, frozen=True):
    transaction_info: ReportedIn


class ReportIn(msgspec.Struct, frozen=True):
    transaction_details: list[DetailsIn] = []
    total_pages: int = 1
