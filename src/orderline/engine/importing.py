"""Take orders in from a file: each row gets a verdict, none stops the run, and a run that was broken off goes on."""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Literal

from orderline.core.imports.report import ImportProgress, ImportReport
from orderline.engine.engine import Engine
from orderline.store.database import Database

LayoutName = Literal["auto", "shopify", "online-retail", "generic"]


def import_orders(
    engine: Engine,
    database: Database,
    source: Path | BinaryIO,
    *,
    layout: LayoutName = "auto",
    mapping: Path | None = None,
    history: bool | None = None,
    channel: str = "import",
    currency: str | None = None,
    create_skus: bool = True,
    resume: bool = True,
    fix_file: Path | None = None,
    on_progress: Callable[[ImportProgress], None] | None = None,
) -> ImportReport:
    """Import a CSV or JSON Lines file (plain, .gz or .xz), or the standard input.

    history: orders served elsewhere, with no side effects; None: as the layout says (online-retail: yes; others: no).
    resume: go on where the same import was broken off; a finished one is run again (its orders are known then).
    fix_file: where refused rows go, with the reason, to be corrected and imported again.
    Refused (ImportRefusal): the file, its layout or the mapping can't be used at all; a row never is the reason.
    """
    raise NotImplementedError
