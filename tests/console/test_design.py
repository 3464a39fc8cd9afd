"""Colors can be read, in the light and in the dark: the contrast of each pair is computed from the variables, and printed in the design page."""

import re
from decimal import Decimal

import pytest

from console.conftest import Site
from orderline.console.orders import BUCKETS
from support.repository import PACKAGE, ROOT

CSS = (PACKAGE / "console" / "static" / "console.css").read_text(encoding="utf-8")
DESIGN = (ROOT / "docs" / "concepts" / "console.md").read_text(encoding="utf-8")
TEXT, SHAPE = 4.5, 3.0  # WCAG 2.2: 1.4.3 and 1.4.11
TONES = ("good", "warn", "bad", "calm", "quiet")
GROUNDS = ("ground", "raised")
PAIRS = [
    *((each, ground, TEXT) for each in ("ink", "quiet", "accent", "warn", "bad", "good", "calm") for ground in GROUNDS),
    ("on-accent", "accent", TEXT),
    *((tone, f"{tone}-tint", TEXT) for tone in TONES),
    ("ink", "calm-tint", TEXT),
    ("quiet", "calm-tint", TEXT),
    *((bucket, "raised", SHAPE) for bucket in BUCKETS),
]


def variables() -> dict[str, tuple[str, str]]:
    """Each color by its name: in the light, in the dark."""
    found = {
        name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", CSS)
    }
    return found | {name: (one, one) for name, one in re.findall(r"--([\w-]+): (#\w{6});", CSS)}


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def measured(front: str, back: str) -> list[float]:
    """In the light, in the dark."""
    known = variables()
    return [contrast(*each) for each in zip(known[front], known[back], strict=True)]


def test_contrast_is_computed_as_the_guidelines_say() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_every_color_can_be_read_on_what_it_stands_on(front: str, back: str, least: float) -> None:
    assert min(measured(front, back)) >= least


def test_no_color_stands_outside_the_variables() -> None:
    rules = CSS.partition("* { box-sizing")[2]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", rules) == []


def test_the_design_page_says_what_was_measured() -> None:
    rows = re.findall(r"^\| `--([\w-]+)` \| `--([\w-]+)` \| ([\d.]+) \| ([\d.]+) \|", DESIGN, re.MULTILINE)
    assert {(front, back) for front, back, _, _ in rows} == {(front, back) for front, back, _ in PAIRS}
    for front, back, light, dark in rows:
        assert [Decimal(light), Decimal(dark)] == [Decimal(f"{each:.1f}") for each in measured(front, back)], front


def test_the_page_of_samples_shows_every_kind_of_badge_and_bucket(site: Site) -> None:
    page = site.person("pia", "orders:read").get("/style").text
    assert all(f'class="{bucket}"' in page for bucket in BUCKETS)
    assert all(f'class="badge {each}"' in page for each in ("held", "blocked", "delivered", "canceled", "in_work"))
    assert site.visitor().get("/style").status_code == 303
