"""Partners of EDI by what they are found by: the locations that they run, and what they call themselves."""

from collections.abc import Collection
from typing import Any, Final

from orderline.core.edi.state import PARTNER, EdiPartner, PartnerState
from orderline.store.loading import decode_record
from orderline.store.reading.source import Source

LOCATION: Final = "location"
SENDER: Final = "sender"
NAME_COLUMNS: Final = ("kind", "name", "partner", "active")


def name_rows(partner: EdiPartner) -> list[tuple[Any, ...]]:
    """What a partner is found by, as rows."""
    names = [(SENDER, partner.profile.theirs.id), *((LOCATION, code) for code in sorted(partner.profile.locations))]
    return [(kind, name, partner.id, partner.state is PartnerState.ACTIVE) for kind, name in names]


def load_partners(source: Source, kind: str, names: Collection[str]) -> list[EdiPartner]:
    """Partners by locations or senders, each once; those that are active first, then by id."""
    rows = source.rows("edi", "partners_by_name", kind=kind, names=sorted(names)) if names else []
    return [decode_record(PARTNER, body) for _, _, body in rows]
