"""Orders over HTTP: placed once, changed by commands, refused with reasons."""

from api.stage import Stage, order


def test_an_order_is_placed_and_says_where_it_is(stage: Stage) -> None:
    answer = stage.call("POST", "/v1/orders", json=order("o-1"))
    assert answer.status_code == 201
    placed = answer.json()
    assert placed["number"].startswith("SO-")
    assert placed["status"]["phase"] == "routing"
    assert answer.headers["location"] == f"/v1/orders/{placed['id']}"
    assert "idempotency-replayed" not in answer.headers


def test_the_same_order_again_gets_the_same_bytes(stage: Stage) -> None:
    first = stage.call("POST", "/v1/orders", json=order("o-2"))
    again = stage.call("POST", "/v1/orders", json=order("o-2"))
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
