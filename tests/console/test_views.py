"""Views of lists: kept by one, seen by all, without what names a person."""

from console.conftest import Site


def test_a_view_is_kept_with_filters_and_columns_and_let_go(site: Site) -> None:
    visitor = site.person("vic")
    query = "phase=in_work&show=phase&show=total"
    page = visitor.get(f"/orders?{query}&q=ann%40example.com&cursor=").text
    assert f'name="query" value="{query.replace("&", "&amp;")}"' in page, "of whom was looked for nothing is kept"
    form = {"csrf": visitor.csrf(), "path": "/orders", "name": "In work", "query": query}
    kept = visitor.post("/views", form)
    assert kept.headers["location"] == f"/orders?{query}"
    other = site.person("wim", "orders:read")
    page = other.get(f"/orders?{query}").text
    assert 'aria-current="page">In work</a>' in page
    assert "Keep this view" not in page
    assert other.post("/views", form | {"csrf": other.csrf()}).status_code == 403
    assert "In work</a>" not in visitor.get("/holds").text
    gone = visitor.post("/views/orders:in-work/removal", {"csrf": visitor.csrf()})
    assert gone.headers["location"] == "/orders"
    assert "In work</a>" not in visitor.get("/orders").text


def test_what_can_not_be_kept_is_told(site: Site) -> None:
    visitor = site.person("xia")
    form = {"csrf": visitor.csrf(), "path": "/orders", "name": "Odd", "query": "email=a%40b.test"}
    assert "can&#39;t be taken" in visitor.post("/views", form).text
    assert visitor.post("/views", form | {"path": "/nowhere"}).status_code == 404
    assert visitor.post("/views/none/removal", {"csrf": visitor.csrf()}).status_code == 404


def test_columns_are_chosen(site: Site) -> None:
    site.stage.place("V-1", 1)
    visitor = site.person("yan")
    page = visitor.get("/orders?show=phase&show=rubbish").text
    assert '<th scope="col">Phase</th>' in page
    assert '<th scope="col">Customer</th>' not in page
    stock = visitor.get("/stock?show=location").text
    assert '<th scope="col">Location</th>' in stock
    assert ">Promisable</th>" not in stock
    assert ">Promisable</th>" in visitor.get("/stock").text
