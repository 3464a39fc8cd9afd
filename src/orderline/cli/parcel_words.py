"""Events of parcels, labels and shipments in words."""

from orderline.cli.telling import Words, units, with_before, with_reason
from orderline.core.orders import parcel_events as e
from orderline.core.orders.parcels import Parcel
from orderline.core.orders.state import Order


def tell_parcel(event: e.AnyParcelEvent, words: Words, order: Order | None = None) -> str:
    """One event of a parcel in words."""
    say = words.say
    match event:
        case e.ParcelPacked():
            packed = units(words, sum(item.quantity for item in event.items))
            if not event.weight_g:
                return say("parcel %(number)s packed: %(units)s", number=event.number, units=packed)
            weight = words.number(event.weight_g)
            return say(
                "parcel %(number)s packed: %(units)s, %(weight)s g", number=event.number, units=packed, weight=weight
            )
        case e.ParcelLabeled():
            label = _label(event)
            told = say("parcel %(number)s labeled: %(label)s", number=event.parcel, label=label).rstrip()
            parcel = order.parcel_of(event.parcel) if order is not None else None
            return with_before(words, told, _label(parcel), label) if parcel is not None else told
        case e.ParcelManifested():
            return say(
                "parcel %(number)s listed in manifest %(manifest)s", number=event.parcel, manifest=event.manifest
            )
        case e.RateChosen():
            return _rated(event, words)
        case e.LabelRequested() if event.service:
            return say(
                "a label is to be bought for parcel %(number)s %(service)s", number=event.parcel, service=event.service
            )
        case e.LabelRequested():
            return say("a label is to be bought for parcel %(number)s", number=event.parcel)
        case e.LabelVoidRequested():
            told = say(
                "label %(label)s of parcel %(number)s is to be given back",
                label=event.tracking_number,
                number=event.parcel,
            )
            return with_reason(words, told, event.reason)
        case e.LabelVoided():
            return say(
                "label %(label)s of parcel %(number)s given back", label=event.tracking_number, number=event.parcel
            )
        case e.LabelVoidRefused():
            return say(
                "label %(label)s of parcel %(number)s not taken back: %(code)s",
                label=event.tracking_number, number=event.parcel, code=event.code,
            )  # fmt: skip
        case e.ShipmentHandedOver():
            return _handed_over(event, words)
        case e.HandoverUndone():
            return say(
                "shipment %(number)s had not left: parcel %(parcels)s is here still (%(by)s): %(reason)s",
                number=event.shipment, parcels=_listed(event.parcels), by=event.by, reason=words.code(event.reason),
            )  # fmt: skip
        case e.FulfillmentWaved():
            told = say(
                "fulfillment order %(number)s is picked in wave %(wave)s", number=event.fulfillment, wave=event.wave
            )
            fulfillment = order.fulfillment_of(event.fulfillment) if order is not None else None
            return with_before(words, told, fulfillment.wave if fulfillment is not None else "", event.wave)
        case e.FulfillmentCombined() if event.combination:
            return say(
                "fulfillment order %(number)s leaves in one parcel with others: %(combination)s",
                number=event.fulfillment, combination=event.combination,
            )  # fmt: skip
        case e.FulfillmentCombined():
            return say("fulfillment order %(number)s leaves on its own", number=event.fulfillment)
        case e.ParcelTracked():
            told = say("parcel %(number)s %(state)s", number=event.parcel, state=words.plain(event.state.value))
            return f"{told} ({event.place})" if event.place else told


def _label(labeled: e.ParcelLabeled | Parcel) -> str:
    """Carrier, service and tracking number; empty, where there is no label."""
    if not labeled.tracking_number and isinstance(labeled, Parcel):
        return ""
    return f"{labeled.carrier} {labeled.service} {labeled.tracking_number}".rstrip()


def _rated(event: e.RateChosen, words: Words) -> str:
    offers = words.ngettext("%(num)s offer", "%(num)s offers", len(event.choice.offers))
    taken = event.choice.taken
    if taken is None:
        return words.say("parcel %(number)s goes by nobody, of %(offers)s", number=event.parcel, offers=offers)
    said = {"number": event.parcel, "carrier": f"{taken.carrier} {taken.service}", "offers": offers}
    if not taken.upgrade:
        return words.say("parcel %(number)s goes by %(carrier)s, of %(offers)s", **said)
    return words.say(
        "parcel %(number)s goes by %(carrier)s for %(amount)s more, to keep the promise, of %(offers)s",
        amount=words.amount(event.choice.extra_minor, taken.currency), **said,
    )  # fmt: skip


def _handed_over(event: e.ShipmentHandedOver, words: Words) -> str:
    said = {"number": event.number, "place": event.location, "parcels": _listed(event.parcels)}
    if event.carrier == "counter":
        return words.say(
            "shipment %(number)s handed to the customer at the counter at %(place)s: parcel %(parcels)s", **said
        )
    if not event.carrier:
        return words.say("shipment %(number)s handed to the carrier at %(place)s: parcel %(parcels)s", **said)
    return words.say(
        "shipment %(number)s handed to %(carrier)s at %(place)s: parcel %(parcels)s", carrier=event.carrier, **said
    )


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))
