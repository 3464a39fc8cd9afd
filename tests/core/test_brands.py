"""How a shop looks to its customers: what can be put, and where parcels are looked for."""

import pytest

from orderline.core.stock.brands import Brand, check_brand
from orderline.values.failures import Refused


@pytest.mark.parametrize(
    "brand",
    [
        Brand(),
        Brand(color="#A0b1c2", logo_url="https://cdn.example/l.svg", website="https://example.com/shop?x=1"),
        Brand(email="help@example.com", phone="+49 (89) 123-45", tracking={"la poste": "https://x.example/{number}"}),
    ],
)
def test_what_fits_is_taken(brand: Brand) -> None:
    check_brand(brand, "channel.brand")


@pytest.mark.parametrize(
    ("brand", "field"),
    [
        (Brand(color="red"), "color"),
        (Brand(color="#12345g"), "color"),
        (Brand(logo_url="http://cdn.example/l.svg"), "logo_url"),
        (Brand(logo_url="https://x.example/;script-src *"), "logo_url"),
        (Brand(website="javascript:alert(1)"), "website"),
        (Brand(website="https://me@x.example/"), "website"),
        (Brand(website="https://[x"), "website"),
        (Brand(logo_url="https://*/l.svg"), "logo_url"),
        (Brand(logo_url="https://x.example:99999/l.svg"), "logo_url"),
        (Brand(logo_url="https://x.example:a/l.svg"), "logo_url"),
        (Brand(website="https://x%0d%0aa/"), "website"),
        (Brand(email="a@x.example?bcc=b"), "email"),
        (Brand(email="a@x.example\u202e"), "email"),
        (Brand(tracking={"dhl": "https://{number}.x.example/"}), "tracking"),
        (Brand(email="nobody"), "email"),
        (Brand(phone="call me"), "phone"),
        (Brand(tracking={"dhl": "https://x.example/"}), "tracking"),
        (Brand(tracking={"DHL": "https://x.example/{number}"}), "tracking"),
        (Brand(tracking={str(n): "https://x.example/{number}" for n in range(51)}), "tracking"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(brand: Brand, field: str) -> None:
    with pytest.raises(Refused) as refused:
        check_brand(brand, "channel.brand")
    assert (refused.value.code, refused.value.facts["field"]) == ("TEXT_NOT_ACCEPTABLE", f"channel.brand.{field}")


def test_a_parcel_is_looked_for_where_its_carrier_or_the_shop_says() -> None:
    own = Brand(tracking={"dhl": "https://track.example/{number}"})
    assert own.tracking_url("DHL", "JD01") == "https://track.example/JD01"
    assert Brand().tracking_url("UPS", "1Z99").endswith("tracknum=1Z99")
    assert Brand().tracking_url("nobody", "1") == ""
    assert Brand().tracking_url("ups", "1&x=<b>") == ""
