"""The three payment gateways behind one face, so that a fault is tried on each: money there, what it tells, how it is paid."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar

import httpx

from orderline.contracts.registry import ConnectorSettings
from support.openapi import Spec
from vendors import adyen_server, paypal_server, stripe_server
from vendors.adyen_server import Adyen
from vendors.paypal_server import PayPal
from vendors.stripe_server import Stripe

Call = tuple[Mapping[str, str], bytes]


class Gateway:
    """To be inherited. Amounts are in minor units of EUR, or of the currency given.

    later: what is asked is decided by webhook. lists: what it has done can be listed at once.
    """

    name: ClassVar[str]
    later: ClassVar[bool] = False
    lists: ClassVar[bool] = True
    vendor: Any

    def settings(self, url: str) -> ConnectorSettings:
        raise NotImplementedError

    def token(self, amount_minor: int) -> str:
        """A means of payment that pays so much."""
        raise NotImplementedError

    def stored(self, amount_minor: int, currency: str = "EUR", *, captured: bool = False) -> str:
        """The reference of a payment that a storefront has made."""
        raise NotImplementedError

    def close_refunds(self) -> None:
        """From now on every refund is declined: the customer's account is closed."""
        raise NotImplementedError

    def send_back(self) -> None:
        """The bank of the customer sends back the last refund, days after it went through."""
        raise NotImplementedError

    def sums(self) -> tuple[int, int, int]:
        """What it has held, captured and given back, whether it stayed there or not."""
        raise NotImplementedError

    def calls(self) -> Iterator[Call]:
        """Everything it tells, the latest first, as it posts it."""
        raise NotImplementedError

    def tell(self, door: str) -> None:
        """Post everything."""
        for headers, body in self.calls():
            answer = httpx.post(f"{door}/{self.name}", content=body, headers=dict(headers))
            assert answer.status_code == 200, answer.text


class StripeGateway(Gateway):
    name = "stripe_payments"
    SECRET = "whsec_test_secret"

    def __init__(self) -> None:
        self.vendor: Stripe = Stripe(Spec(stripe_server.FILE, stripe_server.ADDED))

    def settings(self, url: str) -> ConnectorSettings:
        return ConnectorSettings(base_url=url, api_key="sk_test_secret", secret=self.SECRET, timeout_s=5)

    def token(self, amount_minor: int) -> str:
        return "pm_card"

    def stored(self, amount_minor: int, currency: str = "EUR", *, captured: bool = False) -> str:
        return self.vendor.stored(amount_minor, currency.lower(), capture=captured)

    def close_refunds(self) -> None:
        for charge in self.vendor.charges.values():
            charge["amount_refunded"] = charge["amount_captured"]

    def send_back(self) -> None:
        self.vendor.fail_refund(list(self.vendor.all_refunds)[-1])

    def sums(self) -> tuple[int, int, int]:
        intents = self.vendor.intents.values()
        held = sum(each["amount"] for each in intents if each["latest_charge"] in self.vendor.charges)
        back = sum(each["amount"] for each in self.vendor.all_refunds.values())
        return held, sum(each["amount_received"] for each in intents), back

    def calls(self) -> Iterator[Call]:
        for event in reversed(self.vendor.told):
            yield stripe_server.call_of(event, self.SECRET)


class AdyenGateway(Gateway):
    name = "adyen_payments"
    later = True
    lists = False

    def __init__(self) -> None:
        self.vendor: Adyen = Adyen([Spec(each) for each in adyen_server.FILES])
        self._back = 0

    def settings(self, url: str) -> ConnectorSettings:
        return ConnectorSettings(
            base_url=f"{url}/checkout/v72",
            api_key="AQE-secret",
            secret=adyen_server.HMAC_KEY,
            timeout_s=5,
            extra={
                "merchant_account": adyen_server.ACCOUNT,
                "authorized_days": "28",
                "adjustable": "on",
                "disputes_url": f"{url}/disputes/v30",
                "reports_url": f"{url}/reports",
            },
        )

    def token(self, amount_minor: int) -> str:
        return "shopper-1/card"

    def stored(self, amount_minor: int, currency: str = "EUR", *, captured: bool = False) -> str:
        reference = f"SHOP{len(self.vendor.payments):012d}"
        self.vendor.payments[reference] = {
            "amount": {"value": amount_minor, "currency": currency},
            "captured": amount_minor if captured else 0,
            "canceled": False,
            "reference": "shop-1",
        }
        self.vendor.tell("AUTHORISATION", reference, self.vendor.payments[reference])
        return reference

    def close_refunds(self) -> None:
        for payment in self.vendor.payments.values():
            payment["captured"] = 0

    def send_back(self) -> None:
        item = next(each for each in reversed(self.vendor.items) if each["eventCode"] == "REFUND")
        about = {"amount": item["amount"], "reference": item["merchantReference"]}
        self.vendor.tell("REFUND_FAILED", item["pspReference"], about, original=item["originalReference"])

    def sums(self) -> tuple[int, int, int]:
        payments = self.vendor.payments.values()
        told = [each for each in self.vendor.items if each["success"] == "true"]
        back = sum(each["amount"]["value"] for each in told if each["eventCode"] == "REFUND")
        return sum(each["amount"]["value"] for each in payments), sum(each["captured"] for each in payments), back

    def calls(self) -> Iterator[Call]:
        for item in reversed(self.vendor.items):
            yield {}, adyen_server.call_of(item)


class PayPalGateway(Gateway):
    name = "paypal_payments"

    def __init__(self) -> None:
        self.vendor: PayPal = PayPal([Spec(each) for each in paypal_server.FILES])

    def settings(self, url: str) -> ConnectorSettings:
        extra = {"webhook_id": paypal_server.WEBHOOK}
        return ConnectorSettings(base_url=url, api_key=paypal_server.CLIENT, timeout_s=5, extra=extra)

    def token(self, amount_minor: int) -> str:
        return self.vendor.approved(str(Decimal(amount_minor) / 100))

    def stored(self, amount_minor: int, currency: str = "EUR", *, captured: bool = False) -> str:
        order = self.vendor.approved(str(Decimal(amount_minor) / 100), currency)
        self.vendor.authorize(order, body={}, query={})
        [held] = [h for h in self.vendor.held.values() if h["supplementary_data"]["related_ids"]["order_id"] == order]
        if captured:
            _, taken = self.vendor.capture(
                held["id"], body={"amount": held["amount"], "invoice_id": f"shop-{order}"}, query={}
            )
            return taken["id"]
        return held["id"]

    def close_refunds(self) -> None:
        for capture in list(self.vendor.captures.values()):
            self.vendor.refunds[f"closed-{capture['id']}"] = {
                "id": f"closed-{capture['id']}",
                "amount": capture["amount"],
                "custom_id": "closed",
                "links": [{"href": f"https://api-m.paypal.com/v2/payments/captures/{capture['id']}"}],
            }

    def send_back(self) -> None:
        self.vendor.fail_refund(list(self.vendor.refunds)[-1])

    def sums(self) -> tuple[int, int, int]:
        def total(books: dict[str, Any]) -> int:
            return sum(
                int(Decimal(e["amount"]["value"]) * 100) for e in books.values() if e.get("custom_id") != "closed"
            )

        return total(self.vendor.held), total(self.vendor.captures), total(self.vendor.refunds)

    def calls(self) -> Iterator[Call]:
        for event in reversed(self.vendor.events):
            yield paypal_server.call_of(json.loads(json.dumps(event)))


GATEWAYS: dict[str, type[Gateway]] = {each.name: each for each in (StripeGateway, AdyenGateway, PayPalGateway)}
