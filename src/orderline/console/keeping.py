"""Keep a view of a list under a name, for all who see the list, or let it go."""

import hashlib
import re
from secrets import token_urlsafe

from orderline.console.languages import word
from orderline.console.listings import LISTINGS
from orderline.console.views import address_of
from orderline.console.visits import Failed, Gone, Visit


async def keep(visit: Visit) -> Gone:
    """Keep what is shown, under the name that was given."""
    path, name = visit.form.get("path", ""), visit.form.get("name", "").strip()
    if path not in ("/orders", *LISTINGS):
        raise Failed(404, {"title": word("There is no such list")})
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or hashlib.sha256(name.encode()).hexdigest()[:12]
    view = {"name": name, "path": path, "query": visit.form.get("query", "")}
    status, told = await visit.do("create_view", {"id": f"{path.strip('/')}:{slug}"}, view, key=token_urlsafe(16))
    if status >= 400:
        raise Failed(status, told)
    return Gone(address_of(view))


async def remove(visit: Visit) -> Gone:
    """Offer one no longer."""
    status, told = await visit.do("remove_view", {"id": visit.path["id"]}, {}, key=token_urlsafe(16))
    if status >= 400:
        raise Failed(status, told)
    return Gone(told["path"])
