"""`orderline order fees`: what shipping costs by policy, and what was charged."""

from pathlib import Path

from cli.conftest import Run, place
from core.test_shipping_fees import TEXT
from orderline.engine.engine import Engine


def test_fees_of_an_order_are_shown_beside_what_was_charged(run: Run, merchant: Engine, tmp_path: Path) -> None:
    file = tmp_path / "fees.toml"
    file.write_text(TEXT)
    early = place(merchant)
    assert run("policy", "put", "fees", str(file)).status == 0
    assert run("policy", "activate", "fees", "1").status == 0
    assert "No policy says what shipping costs" in run("order", "fees", str(early)).err
    late = run("order", "fees", str(place(merchant, "shop/2")), "--json").json
    assert late["policy"] == "fees@1"
    assert late["fees"][0]["groups"] == [1]
    assert "by fees@1" in run("order", "fees", "SO-1002").err
