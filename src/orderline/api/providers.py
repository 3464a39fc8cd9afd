"""Which payment providers can be asked here: a tender that names another would wait for a person, who could not help it."""

from collections.abc import Sequence
from typing import Any

from orderline.api.calls import Call
from orderline.api.refusals import ApiRefusal
from orderline.core.orders.commands import TenderInput
from orderline.values.failures import Refused


def check_providers(call: Call[Any, Any], tenders: Sequence[TenderInput], field: str) -> None:
    """Refused PROVIDER_UNKNOWN: money is to be asked for at a provider that is not set up here.

    Nothing is checked where no provider is; what was paid already may have been paid anywhere.
    """
    known = call.services.providers
    if not known:
        return
    for index, tender in enumerate(tenders):
        if tender.provider not in known and tender.state != "captured":
            place = f"{field}[{index}].provider"
            raise Refused(ApiRefusal.PROVIDER_UNKNOWN, field=place, value=tender.provider[:100], allowed=sorted(known))
