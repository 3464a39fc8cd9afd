"""Manifests: tell carriers what they were given."""

from collections.abc import Sequence
from typing import Any

from orderline.contracts.carriers import Manifest as Receipt
from orderline.contracts.carriers import ManifestRequest
from orderline.contracts.registry import Capability, Kind
from orderline.core.shipments.manifests import ConfirmManifest, Manifest
from orderline.store.documents import load_manifest
from orderline.store.jobs import Job
from orderline.worker.work import Work


async def tell_manifests(work: Work, jobs: Sequence[Job]) -> None:
    """One call for each: the carrier answers with its own reference."""
    for job in jobs:
        manifest = await work.read(load_manifest, work.database, job.body.key)
        if manifest is None or manifest.reference:
            await work.finish([job])
        else:
            work.spawn([job], _tell(work, job, manifest))


async def _tell(work: Work, job: Job, manifest: Manifest) -> None:
    partner = work.partners.partner(Kind.CARRIERS, manifest.partner, test=manifest.test)
    if not partner.can(Capability.MANIFEST):
        await work.finish([job])
        return
    # what left in one parcel with others has one number
    numbers = tuple(dict.fromkeys(each.tracking_number for each in manifest.parcels))
    request = ManifestRequest(key=f"manifest-{manifest.id}", location=manifest.location, tracking_numbers=numbers)

    async def ask(contract: Any) -> list[Receipt]:
        return [await contract.manifest(request)]

    answers = await work.call(partner, [job], ask)
    if answers is None:
        return
    [receipt] = answers
    command = ConfirmManifest(manifest=manifest.id, reference=receipt.reference, unknown=receipt.unknown)
    await work.submit([(job, command)])
