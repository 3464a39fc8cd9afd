"""The sandbox partners together: what they share, and what can be said about all of them."""

from typing import Any

import msgspec
from starlette.routing import BaseRoute, Mount, Router

from orderline.sandbox.agenda import Agenda
from orderline.sandbox.callbacks import Callbacks
from orderline.sandbox.carrier import SandboxCarrier
from orderline.sandbox.chance import Chance
from orderline.sandbox.channel import SandboxChannel
from orderline.sandbox.faults import FaultBox, FaultGate, KeyGate
from orderline.sandbox.notices import SandboxNotices
from orderline.sandbox.payments import SandboxPayments
from orderline.sandbox.scores import SandboxScores
from orderline.sandbox.settings import Faults, Partner, SandboxSettings
from orderline.sandbox.warehouse import SandboxWarehouse


class Sandbox:
    """The six partners, what they have in work, and their faults."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self.agenda = Agenda(settings.speed)
        self.chance = Chance(settings.seed)
        self.boxes = {each: FaultBox(settings.seed, each.value, settings.faults.get(each)) for each in Partner}
        self.callbacks = {each: self._callbacks_of(each) for each in Partner}
        known: dict[str, Any] = {"agenda": self.agenda, "chance": self.chance}
        told = self.callbacks
        self.payments = SandboxPayments(settings.payments, callbacks=told[Partner.PAYMENTS], **known)
        self.carrier = SandboxCarrier(settings.carrier, callbacks=told[Partner.CARRIER], **known)
        self.warehouse = SandboxWarehouse(
            settings.warehouse, callbacks=told[Partner.WAREHOUSE], carrier=self.carrier, **known
        )
        self.channel = SandboxChannel(callbacks=told[Partner.CHANNEL], chance=self.chance)
        self.notices = SandboxNotices(settings.notices, callbacks=told[Partner.NOTICES], **known)
        self.scores = SandboxScores()

    def routes(self) -> list[BaseRoute]:
        """The partners under their prefixes, each behind its faults."""
        partners = {
            Partner.PAYMENTS: self.payments.routes(),
            Partner.CARRIER: self.carrier.routes(),
            Partner.WAREHOUSE: self.warehouse.routes(),
            Partner.CHANNEL: self.channel.routes(),
            Partner.NOTICES: self.notices.routes(),
            Partner.SCORES: self.scores.routes(),
        }
        return [
            Mount(f"/{partner}", app=KeyGate(FaultGate(Router(routes), self.boxes[partner]), self.settings.api_key))
            for partner, routes in partners.items()
        ]

    def behave(self, settings: SandboxSettings) -> None:
        """Take over behavior, speed, callbacks and faults; the seed, the key and `sending` stay as they were."""
        self.settings = settings
        self.agenda.speed = settings.speed
        self.payments.behavior = settings.payments
        self.carrier.behavior = settings.carrier
        self.warehouse.behavior = settings.warehouse
        self.notices.behavior = settings.notices
        for partner in Partner:
            self.boxes[partner].put(settings.faults.get(partner) or Faults())
            self.callbacks[partner].direct(settings.callbacks.get(partner))

    def statistics(self) -> dict[str, Any]:
        """Calls, facts and things in work, by partner; `idle` when nothing is going to happen by itself."""
        in_work = {
            Partner.PAYMENTS: (self.payments.open, self.payments.counts()),
            Partner.CARRIER: (self.carrier.open, self.carrier.counts()),
            Partner.WAREHOUSE: (self.warehouse.open, self.warehouse.counts()),
            Partner.CHANNEL: (0, self.channel.counts()),
            Partner.NOTICES: (self.notices.open, self.notices.counts()),
            Partner.SCORES: (0, self.scores.counts()),
        }
        waiting = sum(each.waiting for each in self.callbacks.values())
        return {
            "idle": not waiting and not any(number for number, _ in in_work.values()),
            "partners": {
                partner.value: {
                    "calls": msgspec.structs.asdict(self.boxes[partner].counts),
                    "facts": {
                        **msgspec.structs.asdict(self.callbacks[partner].counts),
                        "waiting": self.callbacks[partner].waiting,
                    },
                    "open": number,
                    "counts": counts,
                }
                for partner, (number, counts) in in_work.items()
            },
        }

    async def stop(self) -> None:
        """Do and send nothing more."""
        self.agenda.clear()
        for callbacks in self.callbacks.values():
            await callbacks.stop()

    def _callbacks_of(self, partner: Partner) -> Callbacks:
        return Callbacks(
            partner.value,
            self.settings.sending,
            self.settings.callbacks.get(partner),
            agenda=self.agenda,
            chance=self.chance,
            box=self.boxes[partner],
        )
