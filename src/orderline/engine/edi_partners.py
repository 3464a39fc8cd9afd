"""Partners of EDI and the locations that they run: each location has one at a time."""

from collections.abc import Iterable, Sequence

from orderline.core.edi.decide import PutEdiPartner
from orderline.core.edi.state import EdiPartner
from orderline.core.records import Record, RecordKey
from orderline.core.world import World
from orderline.engine.submissions import Submission, is_storable
from orderline.store.edi import NAME_COLUMNS, name_rows
from orderline.store.loading import Reader, records_of
from orderline.store.saving import Saver


def load_warehouses(reader: Reader, world: World, submissions: Sequence[Submission]) -> None:
    """Who runs the locations that partners are put for. They are not locked: two who come at once meet at the unique names."""
    puts = [each.command for each in submissions if isinstance(each.command, PutEdiPartner)]
    codes = sorted({code for put in puts for code in put.profile.locations if is_storable(code)})
    found = reader.ask("edi", "warehouses_of", wanted=bool(codes), locations=codes)
    world.records.update({key: known for key, known in records_of(found.rows()).items() if key not in world.records})


def save_names(saver: Saver, before: dict[RecordKey, Record], after: Iterable[tuple[RecordKey, Record]]) -> None:
    """What partners are found by from now on, of those of whom it is another."""
    changed: list[EdiPartner] = []
    for key, now in after:
        was = before.get(key)
        if isinstance(now, EdiPartner) and not (isinstance(was, EdiPartner) and name_rows(was) == name_rows(now)):
            changed.append(now)
    if changed:
        saver.send("edi", "forget_names", {"partners": sorted(each.id for each in changed)})
        # By their unique keys, in order, as all new rows.
        saver.send_rows("edi", "save_names", NAME_COLUMNS, sorted(row for each in changed for row in name_rows(each)))
