"""An alarm, as it stands on an order."""

from datetime import datetime

import msgspec


class Alarm(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Nothing moves the order: no job, timer, decision or hold stands behind `step`, its next one ("" for none)."""

    step: str
    raised_at: datetime
