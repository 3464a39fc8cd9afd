"""What customers see of the shop they bought at, wherever a link leads them."""

from typing import Any, Final

import msgspec

from orderline.api.calls import Call
from orderline.api.reading.paging import readers
from orderline.core.stock.state import Channel

_SEEN: Final = ("color", "logo_url", "website", "email", "phone")


class SeenShop(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Who sells: what its pages show, and where it is reached."""

    name: str
    color: str = ""
    logo_url: str = ""
    website: str = ""
    email: str = ""
    phone: str = ""


async def channel_of(call: Call[Any, Any], code: str) -> Channel:
    """The channel that something was bought on; one of its name alone, when it is known no more."""
    settings = await readers(call).run(lambda source: source.settings())
    return settings.channels.get(code) or Channel(code, code, ())


def shop_of(channel: Channel) -> SeenShop:
    """What customers see of the shop that a channel is."""
    return SeenShop(name=channel.name or channel.code, **{name: getattr(channel.brand, name) for name in _SEEN})
