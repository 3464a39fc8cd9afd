"""The printed reference is as the code would print it now, and leaves nothing out."""

from enum import StrEnum

import pytest

from orderline.boot.reference import reference_pages
from orderline.boot.settings import CONNECTOR_TABLE, TABLE
from orderline.core.counts.refusals import CountRefusal
from orderline.core.decisions.refusals import DecisionRefusal
from orderline.core.moves import MoveRefusal
from orderline.core.next_steps import JobKind
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.pickups.refusals import PickupRefusal
from orderline.core.policies.refusals import PolicyRefusal
from orderline.core.reallocations.refusals import ReallocationRefusal
from orderline.core.stock.refusals import StockRefusal
from orderline.core.tasks.refusals import TaskRefusal
from orderline.core.tickets.refusals import TicketRefusal
from orderline.core.vendors.refusals import VendorRefusal
from orderline.engine.submissions import EngineRefusal
from orderline.values.address import AddressRefusal
from support.repository import ROOT

FOLDER = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return reference_pages()


def test_every_page_is_as_printed(pages: dict[str, str]) -> None:
    stale = [name for name, text in pages.items() if (FOLDER / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run `make reference`"


def test_every_setting_is_documented(pages: dict[str, str]) -> None:
    assert [each.variable for each in TABLE if f"`{each.variable}`" not in pages["settings.md"]] == []
    assert [each.name for each in CONNECTOR_TABLE if each.name.upper() not in pages["settings.md"]] == []


@pytest.mark.parametrize(
    "codes",
    [
        OrderRefusal,
        StockRefusal,
        CountRefusal,
        DecisionRefusal,
        PickupRefusal,
        TaskRefusal,
        TicketRefusal,
        VendorRefusal,
        PolicyRefusal,
        ReallocationRefusal,
        EngineRefusal,
        AddressRefusal,
        MoveRefusal,
    ],
)
def test_every_refusal_is_documented(pages: dict[str, str], codes: type[StrEnum]) -> None:
    assert [code.value for code in codes if f"`{code.value}`" not in pages["refusals.md"]] == []


def test_every_kind_of_job_is_documented(pages: dict[str, str]) -> None:
    assert [kind.value for kind in JobKind if f"`{kind.value}`" not in pages["jobs.md"]] == []


def test_every_event_has_a_purpose(pages: dict[str, str]) -> None:
    """A heading is followed by a sentence, not by the table of fields at once."""
    lines = pages["events.md"].splitlines()
    bare = [line for line, after in zip(lines, lines[2:], strict=False) if line.startswith("### ") and after[:1] == "|"]
    assert bare == []
