"""What came by EDI, what it became, and of whom."""

import msgspec

from console.conftest import Site
from support.edi_texts import X12_PROFILE, po_850, x12_850


def test_what_came_by_edi_is_shown_with_its_results(site: Site) -> None:
    boss, stage = site.person("edith"), site.stage
    stage.call(
        "PUT", "/v1/edi-partners/pages", json={"profile": msgspec.to_builtins(X12_PROFILE), "name": "Pages & Co"}
    )
    file = x12_850(7, po_850("P-1", "1*EA*20.00**VN*TEE-M"), po_850("P-2", "1*EA*20.00**VN*NONE"))
    [taken] = stage.call("POST", "/v1/edi-interchanges", content=file).json()["interchanges"]
    assert [each["result"] for each in taken["documents"]] == ["taken", "rejected"]

    assert boss.get("/edi-shipping-orders").status_code == 200
    assert "/edi-partners/pages" in boss.get("/edi-partners").text
    assert "Pages &amp; Co" in boss.get("/edi-partners/pages").text
    assert 'href="/edi-interchanges/pages%2F000000007"' in boss.get("/edi-interchanges").text
    came = boss.get("/edi-interchanges/pages%2F000000007")
    assert (came.status_code, "P-2" in came.text, "rejected" in came.text) == (200, True, True)
    assert 'href="/edi-purchases/pages%2FP-1"' in boss.get("/edi-purchases").text
    became = boss.get("/edi-purchases/pages%2FP-1")
    assert (became.status_code, taken["documents"][0]["order"] in became.text) == (200, True)
