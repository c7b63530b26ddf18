"""Blocks flow over pages and stay inside them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apnet_desktop.report.blocks import Space
from apnet_desktop.report.sheet import Item, Pages, Paper
from apnet_desktop.report.typesetting import Typesetter

TOP, BOTTOM = 50.0, 700.0

ITEMS = st.lists(
    st.builds(
        Item,
        block=st.builds(Space, height=st.floats(1, 600)),
        before=st.floats(0, 20),
        keep_with_next=st.booleans(),
        new_page=st.booleans(),
    ),
    min_size=1,
    max_size=40,
)


def _pages() -> Pages:
    return Pages(Typesetter(), Paper.A4)


@given(ITEMS)
def test_every_block_is_placed_once_in_order_inside_the_page_and_apart(items: list[Item]) -> None:
    placed = _pages().paginate(items, TOP, BOTTOM)
    assert [block.block for page in placed for block in page] == [item.block for item in items]
    for page in placed:
        assert page
        end = TOP
        for block in page:
            assert block.top >= end - 0.01
            end = block.top + block.block.height
        assert end <= BOTTOM + 0.02


def test_a_heading_is_never_alone_at_the_foot() -> None:
    items = [Item(Space(600)), Item(Space(20), keep_with_next=True), Item(Space(100))]
    assert [len(page) for page in _pages().paginate(items, TOP, BOTTOM)] == [1, 2]


def test_a_table_s_head_is_repeated() -> None:
    head = Space(15)
    items = [Item(Space(100), header=head) for _ in range(10)]
    first, second = _pages().paginate(items, TOP, BOTTOM)
    assert len(first) == 6
    assert second[0].block is head
    assert second[1].top == TOP + 15


def test_what_belongs_to_the_bottom_stands_there() -> None:
    items = [Item(Space(100)), Item(Space(80), at_bottom=True)]
    (page,) = _pages().paginate(items, TOP, BOTTOM)
    assert page[1].top == BOTTOM - 80
