"""Policies over HTTP: what is wrong is told with its place, versions are compared, the active one is rolled back."""

from typing import Any

from api.stage import Stage, order

TEXT = """kind = "routing"
[[group]]
name = "all"
[[group.rule]]
name = "near"
objective = ["distance"]
"""


def ask(stage: Stage, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> Any:
    return stage.call(method, f"/v1/{path}", "admin", **({} if method == "GET" else {"json": body or {}}))


def test_a_policy_goes_from_text_to_rollback(stage: Stage) -> None:
    wrong = ask(stage, "policies/main", {"text": TEXT.replace("distance", "distanz")}, "PUT")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "POLICY_INVALID")
    assert (wrong.json()["facts"]["faults"][0]["line"], wrong.json()["facts"]["faults"][0]["column"]) == (6, 15)
    assert ask(stage, "policy-validations", {"text": TEXT}).json()["kind"] == "routing"
    assert ask(stage, "policies/main", {"text": TEXT}, "PUT").json()["versions"][0]["state"] == "validated"
    ask(stage, "policies/main", {"text": TEXT.replace("distance", "cost")}, "PUT")
    told = ask(stage, "policies/main/diff", method="GET").json()
    assert told["changes"] == [{"field": "group[all].rule[near].objective", "before": ["distance"], "after": ["cost"]}]
    for version in (1, 2):
        ask(stage, "policies/main/activations", {"policy_version": version})
    standing = ask(stage, "policies/main/standing", method="GET").json()
    assert [standing[name] for name in ("holds", "before", "newest")] == [2, 1, 2]
    rolled = ask(stage, "policies/main/rollbacks", {"reason": "too dear"}).json()["activations"][-1]
    assert (rolled["version"], rolled["reason"], rolled["rollback"]) == (1, "too dear", True)
    standing = ask(stage, "policies/main/standing", method="GET").json()
    assert [standing[name] for name in ("holds", "before")] == [1, 2]
    assert standing["by"]["reason"] == "too dear"
    assert ask(stage, "policies/none/standing", method="GET").status_code == 404
    assert ask(stage, "policies/main/versions/2", method="GET").json()["text"] == TEXT.replace("distance", "cost")
    assert ask(stage, "policies/main/versions/9", method="GET").status_code == 404
    assert [each["id"] for each in ask(stage, "policies", method="GET").json()["items"]] == ["main"]
    history = ask(stage, "policies/main/history", method="GET").json()["items"]
    assert [entry["command"] for entry in history][-1] == "roll_back_policy"


def test_a_route_is_explained_to_whom_the_order_may_be_shown(stage: Stage) -> None:
    placed = stage.place("web-9")["id"]
    told = ask(stage, f"orders/{placed}/routing-explanations?why_not=lyon&what_if=true", method="GET")
    assert (told.status_code, told.json()) == (200, {"items": [], "next": None})
    assert ask(stage, "orders/SO-9999/routing-explanations", method="GET").status_code == 404


def test_a_dry_run_tells_where_units_would_go_and_writes_nothing(stage: Stage) -> None:
    placed = stage.place("web-dry-1")["id"]
    before = stage.call("GET", f"/v1/orders/{placed}").json()
    ask(stage, "policies/nobody", {"text": TEXT + '[group.rule.locations]\nnot_codes = ["lyon"]\n'}, "PUT")
    told = ask(stage, f"orders/{placed}/routing-dry-runs?why_not=lyon").json()
    [tried] = told["items"]
    assert [each["location"] for each in tried["allotments"]] == ["lyon"]
    assert tried["why_not"]["serves"]
    [other] = ask(stage, f"orders/{placed}/routing-dry-runs?policy=nobody&why_not=lyon&what_if=true").json()["items"]
    assert other["explain"]["policy"] == "nobody@1"
    assert other["why_not"]["removed_by"] == "NAMED_AS_EXCLUDED"
    assert "lyon" not in [each["location"] for each in other["allotments"]]
    assert stage.call("GET", f"/v1/orders/{placed}").json() == before
    assert ask(stage, f"orders/{placed}/routing-explanations", method="GET").json()["items"] == []
    wrong = ask(stage, f"orders/{placed}/routing-dry-runs?policy=nobody&policy_version=7")
    assert (wrong.status_code, wrong.json()["code"]) == (404, "POLICY_VERSION_UNKNOWN")
    assert ask(stage, "orders/01890000-0000-7000-8000-000000000000/routing-dry-runs").status_code == 404


def test_an_order_that_is_not_placed_can_be_routed_for_a_try(stage: Stage) -> None:
    [tried] = ask(stage, "routing-dry-runs", order("web-dry-2", 2)).json()["items"]
    assert [(each["location"], each["quantity"]) for each in tried["allotments"]] == [("lyon", 2)]
    found = stage.call("GET", "/v1/orders?external_id=web-dry-2", "admin").json()
    assert found.get("items", []) == []
    refused = ask(stage, "routing-dry-runs", order("web-dry-3", channel="nowhere"))
    assert refused.json()["code"] == "CHANNEL_UNKNOWN"


def test_a_shadow_is_reported_on(stage: Stage) -> None:
    ask(stage, "policies/beside", {"text": TEXT}, "PUT")
    told = ask(stage, "policies/beside/shadow-report", method="GET").json()
    assert (told["policy"], told["changed"], told["before"]["orders"]) == ("beside@1", 0, 0)
    assert ask(stage, "policies/beside/shadow-report?policy_version=4", method="GET").status_code == 404


def test_a_draft_is_checked_and_changed_and_nothing_is_kept(stage: Stage) -> None:
    before = ask(stage, "policies?limit=200", method="GET").json()
    told = ask(stage, "policy-drafts", {"text": "# mine\n" + TEXT}).json()
    assert (told["faults"], told["kind"], told["document"]["group"][0]["name"]) == ([], "routing", "all")
    assert told["routing"]["group"][0]["rule"][0]["objective"] == ["distance"]
    document = told["document"]
    document["group"][0]["rule"][0]["locations"] = {"codes": ["lion"]}
    told = ask(stage, "policy-drafts", {"text": "# mine\n" + TEXT, "document": document}).json()
    assert told["text"].startswith("# mine\n")
    [fault] = told["faults"]
    assert (fault["at"], fault["nearest"]) == ("group[0].rule[0].locations.codes", ["lyon"])
    assert "lion" in told["text"].split("\n")[fault["line"] - 1]
    [broken] = ask(stage, "policy-drafts", {"text": "kind = [\n"}).json()["faults"]
    assert (broken["line"], broken["message"] != "") == (2, True)
    [unknown] = ask(stage, "policy-drafts", {"text": 'kind = "rooting"'}).json()["faults"]
    assert unknown["nearest"] == ["routing"]
    assert ask(stage, "policy-drafts", {"text": "", "document": {"kind": "routing"}}).json()["faults"] != []
    assert ask(stage, "policies?limit=200", method="GET").json() == before


def test_a_version_is_simulated_and_candidates_are_told(stage: Stage) -> None:
    ask(stage, "policies/tried", {"text": TEXT}, "PUT")
    told = ask(stage, "policies/tried/simulation-report?most=10", method="GET").json()
    assert (told["report"]["policy"], told["whole"], told["report"]["before"]["orders"]) == ("tried@1", True, 0)
    ask(stage, "policies/tried", {"text": TEXT.replace("distance", "distanz"), "draft": True}, "PUT")
    wrong = ask(stage, "policies/tried/simulation-report", method="GET")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "POLICY_INVALID")
    placed = stage.place("web-dry-9")["id"]
    [tried] = ask(stage, f"orders/{placed}/routing-dry-runs?candidates=true").json()["items"]
    by_code = {each["location"]: each for each in tried["candidates"]}
    assert by_code["lyon"]["serves"] == 1
    assert set(by_code["lyon"]["terms"]) == set(tried["explain"]["terms"])
    assert tried["destination"]["latitude_udeg"] > 45_000_000
    assert tried["currency"] == "EUR"
