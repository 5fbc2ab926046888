"""The ecommerce group."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from tasks.world.core import World
from tasks.world.groups.ecommerce import DRAWS

Act = Callable[..., Any]  # the fixtures' protocol


@pytest.mark.parametrize("seed", range(20))
def test_a_drawn_query_finds_its_product_first(seed: int) -> None:
    """The best match carries the words of the product the query was drawn from."""
    world = World(seed)
    query = DRAWS["Ecommerce.search_products"](world, {}, random.Random(seed))["query"]
    titles = [record["title"].lower() for record in world.tables["products"].values()]
    assert any(query.startswith(title) for title in titles)


def test_a_found_product_is_ordered_at_its_price(world: World, act: Act) -> None:
    """The total is the price times the pieces, and the stock goes down by them."""
    title = next(iter(world.tables["products"].values()))["title"]
    hit = act("OddmentSearch", Keywords=title)["Hits"][0]
    record = world.tables["products"][hit["Sku"]]
    stock = record["stock"]
    order = act("cratehouse_place_order", product_id=hit["Sku"], quantity=3)["order"]
    assert order["total"] == pytest.approx(3 * record["cents"] / 100)
    assert record["stock"] == stock - 3


def test_a_sold_out_product_is_found_last(world: World, act: Act, refusal: Act) -> None:
    """It is refused when it is ordered, and other matches come before it."""
    first, second = list(world.tables["products"].items())[:2]
    act("OddmentOrder", Sku=first[0], Units=first[1]["stock"])
    assert refusal("trolleylineCheckout", itemId=first[0], count="1") == "ERR_OUT_OF_STOCK"
    words = f"{first[1]['title']} {second[1]['title'].split()[0]}"
    found = act("cratehouse_search_products", query=words, limit=5)["products"]
    assert found[-1]["product_id"] == first[0]


def test_a_search_without_a_match_is_an_empty_answer(act: Act) -> None:
    """Nothing found is no error."""
    assert act("trolleylineFindItems", searchTerm="zzz")["bestMatch"] is None
    assert act("cratehouse_search_products", query="zzz")["products"] == []
