"""The same done to many rows: each has a result of its own, and a form sent twice has one effect."""

import html
import re

import pytest
from httpx import Response

from console.conftest import Site, Visitor
from orderline.console import bulk

HIDDEN = re.compile(r'<input type="(?:hidden|checkbox)" name="([^"]*)" value="([^"]*)"(?: checked)?>')


def opened(visitor: Visitor, do: str, *picks: str) -> dict[str, str]:
    page = visitor.get(f"/bulk?do={do}&" + "&".join(f"pick.{each}=yes" for each in picks))
    assert page.status_code == 200, page.text
    return {name: value for name, value in HIDDEN.findall(page.text) if name}


def agreed(visitor: Visitor, form: dict[str, str]) -> Response:
    """What has become of the rows, after a look at what would."""
    seen = visitor.post("/bulk", form)
    assert 'name="go" value="yes"' in seen.text, seen.text
    return visitor.post("/bulk", dict(HIDDEN.findall(seen.text)))


def test_orders_are_held_and_holds_resolved_with_one_result_per_row(site: Site) -> None:
    numbers = [site.stage.place(f"B-{at}", 1)["number"] for at in range(2)]
    visitor = site.person("ann")
    listed = visitor.get("/orders").text
    assert all(f'name="pick.{number}"' in listed for number in numbers)
    form = opened(visitor, "bulk_hold", *numbers, "SO-NONE")
    assert "It is needed." in visitor.post("/bulk", form).text
    seen = visitor.post("/bulk", form | {"type": "manual", "reason": "look <b>"})
    assert seen.status_code == 200, seen.text
    assert "2 rows would be done, 1 would be refused" in seen.text
    assert seen.text.count("hold 1 placed (manual), operations to resolve it: look &lt;b&gt;") == 2
    assert "There is no such order" in seen.text
    assert not site.stage.call("GET", "/v1/holds?type=manual").json()["items"], "nothing is done yet"
    sent = dict(HIDDEN.findall(seen.text)) | {"reason": "look <b>"}
    done = visitor.post("/bulk", sent)
    assert "2 rows done, 1 refused" in done.text
    assert done.text.count('badge kept">done') == 2
    assert "There is no such order" in done.text
    assert "2 rows done" in visitor.post("/bulk", sent).text
    holds = site.stage.call("GET", "/v1/holds?type=manual").json()["items"]
    mine = [f"{each['order_number']}.{each['number']}" for each in holds if each["order_number"] in numbers]
    assert sorted(mine) == [f"{number}.1" for number in sorted(numbers)], "once each"
    listed = visitor.get("/holds").text
    assert all(f'name="pick.{each}"' in listed for each in mine)
    form = opened(visitor, "bulk_resolve", *mine)
    wrong = visitor.post("/bulk", form | {"outcome": "flown", "reason": "looked"})
    assert wrong.status_code == 422
    assert 'id="outcome-wrong"' in wrong.text
    assert ">looked</textarea>" in wrong.text
    done = agreed(visitor, form | {"outcome": "released", "reason": "looked"})
    assert "2 rows done." in done.text, done.text
    assert not site.stage.call("GET", "/v1/holds?type=manual").json()["items"]


def test_tags_of_many_orders_are_added_and_the_others_stay(site: Site) -> None:
    numbers = [
        site.stage.place(f"TAG-{at}", 1, tags=tags)["number"] for at, tags in enumerate((["late"], ["late", "vip"]))
    ]
    visitor = site.person("tag")

    def do(**tags: str) -> list[list[str]]:
        done = agreed(visitor, opened(visitor, "bulk_annotate", *numbers) | tags)
        assert "2 rows done." in done.text, done.text
        return [site.stage.call("GET", f"/v1/orders/{each}").json()["order"].get("tags", []) for each in numbers]

    assert do(add_tags="gift, vip") == [["late", "gift", "vip"], ["late", "vip", "gift"]]
    assert do(remove_tags="late") == [["gift", "vip"], ["vip", "gift"]]
    assert do(tags="only", note="x") == [["gift", "vip"], ["vip", "gift"]], (
        "a form has no field that would take away what others put"
    )


def test_nothing_chosen_nothing_done(site: Site) -> None:
    visitor = site.person("bob")
    form = opened(visitor, "bulk_annotate")
    assert "No row is chosen." in visitor.post("/bulk", form | {"note": "x"}).text
    assert visitor.get("/bulk?do=drop_table").status_code == 404
    assert visitor.get("/bulk?do=bulk_adjust&pick.SO-1=yes").status_code == 404


def test_more_rows_than_are_done_at_once_are_refused_and_none_is_done(site: Site) -> None:
    number = site.stage.place("B-MANY", 1)["number"]
    visitor = site.person("eve")
    form = opened(visitor, "bulk_annotate", number) | {"note": "one of many"}
    many = form | {"picked": " ".join(f"SO-{at}" for at in range(bulk.MOST))}
    refused = visitor.post("/bulk", many)
    assert refused.status_code == 422
    assert all(each in refused.text for each in ("ITEMS_TOO_MANY", "501", "Allowed: 500", "a filter of the list"))
    visitor.post("/me/language", {"csrf": visitor.csrf(), "language": "de"})
    assert "Erlaubt: 500" in visitor.post("/bulk", many).text
    assert "one of many" not in visitor.get(f"/orders/{number}").text
    done = agreed(visitor, many | {"picked": " ".join(f"S-{at}.x" for at in range(bulk.MOST - 1))})
    assert (done.status_code, done.text.count('badge exception"')) == (200, bulk.MOST - 1), "each has a result"
    assert "one of many" in visitor.get(f"/orders/{number}").text


def test_whoever_may_only_read_can_choose_nothing(site: Site) -> None:
    number = site.stage.place("B-9", 1)["number"]
    visitor = site.person("cia", "orders:read")
    assert "pick." not in visitor.get("/orders").text
    form = {"csrf": visitor.csrf(), "do": "bulk_cancel", f"pick.{number}": "yes", "reason": "x"}
    assert visitor.post("/bulk", form).status_code == 403


def test_all_that_a_filter_finds_is_done_part_by_part(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST", 2)
    numbers = [site.stage.place(f"ALL-{at}", 1, tags=["sale"])["number"] for at in range(3)]
    visitor = site.person("fay")
    assert 'name="all"' not in visitor.get(f"/orders?q={numbers[0]}").text, "all that there is can be chosen"
    form = dict(HIDDEN.findall(visitor.get("/bulk?do=bulk_annotate&all=yes&filter=q%3DTEE-M").text))
    assert len(form["picked"].split()) == 2
    first = set(form["picked"].split())
    done = agreed(visitor, form | {"note": "seen by all"})
    assert "2 rows done." in done.text
    following = dict(HIDDEN.findall(done.text.partition('class="next"')[2]))
    seen = visitor.post("/bulk", following)
    form = dict(HIDDEN.findall(seen.text))
    assert form["picked"]
    assert not first & set(form["picked"].split())
    assert ">seen by all</textarea>" in seen.text, "what was typed is not asked for again"
    done = agreed(visitor, form | {"note": "seen by all"})
    assert "With those before," in done.text
    assert all("seen by all" in visitor.get(f"/orders/{each}").text for each in numbers)


def test_dead_letters_are_tried_again_one_and_many_with_a_result_for_each(site: Site) -> None:
    visitor = site.person("dora")
    site.stage.place("D-1", 1)
    site.stage.place("D-2", 1)
    kill = (
        "UPDATE outbox SET state = 'dead', last_error = 'ups: not reached: no route'"
        " WHERE cell = %(cell)s AND kind IN ('notice', 'route') RETURNING id"
    )
    dead = sorted(str(row[0]) for row in site.stage.database.rows(kill))
    page = visitor.get("/dead-letters").text
    assert "did not answer, however often it was asked" in page
    assert "See in the list of partners" in page
    assert all(f'name="pick.{each}"' in page for each in dead)
    alone = html.unescape(page.partition('href="/bulk?do=replay_dead_letters')[2].partition('"')[0])
    assert ">1 row<" in visitor.get(f"/bulk?do=replay_dead_letters{alone}").text
    form = {"csrf": visitor.csrf(), "key": "k" * 16, "do": "replay_dead_letters"}
    form |= {f"pick.{each}": f"Letter {number}" for number, each in enumerate(dead)}
    seen = visitor.post("/bulk", form).text
    assert f"{len(dead)} rows would be done." in seen
    done = visitor.post("/bulk", form | {"go": "yes"}).text
    assert f"{len(dead)} rows done." in done
    assert "Letter 0" in done
    assert f"{len(dead)} would be refused" in visitor.post("/bulk", form | {"key": "l" * 16}).text
    again = visitor.post("/bulk", form | {"key": "l" * 16, "go": "yes"}).text
    assert f"0 rows done, {len(dead)} refused" in again
    assert again.count("It is none any more") == len(dead)
    assert "There is nothing here" in visitor.get("/dead-letters").text
    helper = site.person("dot", "list_dead_letters", "replay_dead_letters")
    mine = form | {"csrf": helper.csrf(), "key": "m" * 16}
    assert f"{len(dead)} would be refused" in helper.post("/bulk", mine).text, "one of the deeds is enough"
    assert helper.post("/bulk", mine | {"do": "drop_dead_letters"}).status_code == 403
