"""A credential in a request: header fields, one Cookie field, and parameters of the query."""

from bookplate.wire import Credential

KEY = Credential(query={"api key": "a b/c"})


def test_nothing_is_added_where_nothing_is_needed() -> None:
    assert Credential().apply([("Accept", "*/*")], "/items?page=2") == ([("Accept", "*/*")], "/items?page=2")
    assert not Credential()


def test_a_field_of_the_request_itself_stays() -> None:
    """Laws forge a token by a field of their own, also where they send as somebody."""
    headers, _ = Credential(headers={"Authorization": "Bearer good"}).apply([("authorization", "Bearer forged")], "/")

    assert headers == [("authorization", "Bearer forged")]


def test_cookies_share_one_field() -> None:
    headers, _ = Credential(cookies={"session": "s1", "csrf": "c1"}).apply([("Cookie", "theme=dark")], "/")

    assert headers == [("Cookie", "theme=dark; session=s1; csrf=c1")]


def test_parameters_are_encoded_and_added_to_the_query() -> None:
    assert KEY.apply([], "/items")[1] == "/items?api+key=a+b%2Fc"
    assert KEY.apply([], "/items?page=2")[1] == "/items?page=2&api+key=a+b%2Fc"
    assert KEY.apply([], "/items?api+key=forged")[1] == "/items?api+key=forged"


def test_several_are_put_together() -> None:
    both = Credential(headers={"X-Key": "k"}) | Credential(headers={"Authorization": "Bearer t"}, query={"id": "7"})

    assert both.apply([], "/") == ([("X-Key", "k"), ("Authorization", "Bearer t")], "/?id=7")
    assert both.without_header("authorization") == Credential(headers={"X-Key": "k"}, query={"id": "7"})


def test_a_request_is_known_by_every_part_that_it_shows() -> None:
    whole = Credential(headers={"X-Key": "k"}, cookies={"session": "s1"}, query={"id": "7"})
    headers, target = whole.apply([], "http://127.0.0.1/items")

    assert whole.is_shown_by(headers, target)
    assert not whole.is_shown_by(headers[:1], target)
    assert not whole.is_shown_by(headers, "http://127.0.0.1/items")
