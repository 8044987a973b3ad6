"""Full-text search: every word finds its exchange, nothing typed is an error, and what is gone is found no more."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from azresp.core.events import read
from azresp.core.session import Exchange, Session, message
from azresp.core.turn import fold
from azresp.store.schema import _update
from azresp.store.search import _NEW, MARKS
from azresp.store.store import Store
from azresp.store.words import terms_of
from tests.examples import examples

WORDS = st.text(st.sampled_from("abzäßéΩжяあ漢한07"), min_size=1, max_size=12)


def _exchange(ident: str, question: str, answer: str, status: str = "completed") -> Exchange:
    content = [{"type": "output_text", "text": answer}]
    item = {"type": "message", "id": "m", "role": "assistant", "content": content}
    response = {"object": "response", "id": f"resp_{ident}", "status": status, "output": [item]}
    return Exchange(ident, None, (message(question),), fold([read(response)]), 1.0, "gpt", "here")


def _store(*exchanges: Exchange) -> Store:
    store = Store(None)
    for one in exchanges:
        store.add(Session(f"s-{one.id}", f"talk {one.id}", one.id), [one])
    store.search.catch_up()
    return store


def _found(store: Store, text: str) -> list[str]:
    return [hit.exchange.id for hit in store.search.find(text)]


def test_words_beginnings_and_phrases_are_found_and_marked() -> None:
    store = _store(
        _exchange("a", "Where do otters sleep?", "Otters sleep **afloat**, holding paws."),
        _exchange("b", "And seals?", "Seals sleep upright; the sleep of otters is another thing."),
    )
    assert sorted(_found(store, "OTTERS sleep")) == ["a", "b"]
    assert _found(store, "afl") == ["a"]
    assert _found(store, '"otters sleep"') == ["a"]
    assert _found(store, "otters whales") == []
    assert _found(store, "afloat _ __") == ["a"]
    (hit,) = store.search.find("upright")
    assert (hit.session, f"{MARKS[0]}upright{MARKS[1]}" in hit.snippet) == ("talk b", True)
    store.close()


def test_what_is_new_is_found_without_looking_through_the_table() -> None:
    plan = _store(_exchange("1", "a", "b")).search._db.rows(f"explain query plan {_NEW}")
    assert ["exchanges_unindexed" in str(row) for row in plan] == [True]


def test_what_is_removed_or_forgotten_is_in_no_index_any_more() -> None:
    store = _store(_exchange("a", "secretword", "x"), _exchange("b", "other", "secretword too"))
    assert len(_found(store, "secretword")) == 2
    store.remove("s-a")
    store.forget(["b"])
    assert store.search._db.rows("select * from words where words match 'secretword'") == []
    store.search.catch_up()
    assert _found(store, "secretword") == []
    store.close()


def test_the_index_forgets_single_exchanges_and_keeps_the_others(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    for n in range(6):
        store.add(
            Session(f"s{n}", f"talk {n}", f"e{n}"), [_exchange(f"e{n}", f"canary{n} 水獭", f"otter{n} ünder")]
        )
        store.search.catch_up()  # each a piece of the index of its own
    store.remove("s1")
    store.forget(["e2"])
    # What the index knows is not what is kept: it is made again.
    later = _exchange("e3", "canary3", "heard again")
    with store._db.writing():
        store._exchanges.finish(later)
    assert [len(_found(store, f"canary{n}")) for n in range(6)] == [1, 0, 0, 0, 1, 1]
    store.search.catch_up()
    assert [len(_found(store, f"{word}")) for word in ("canary3", "again", "otter3", "canary2")] == [
        1,
        1,
        0,
        0,
    ]
    store._db.run("insert into words (words) values ('integrity-check')")
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [word in kept for word in (b"canary1", b"canary2", b"canary4")] == [False, False, True]
    store.close()


def test_a_damaged_index_is_made_anew(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    for n in range(3):
        store.add(Session(f"s{n}", f"talk {n}", f"e{n}"), [_exchange(f"e{n}", f"word{n}", "x")])
        store.search.catch_up()
        store._db.run("delete from words_data where id > 10")
        assert _found(store, f"word{n}") == [f"e{n}"]
    store._db.run("delete from words_data where id > 10")
    store.remove("s2")
    store.search.catch_up()
    assert [len(_found(store, f"word{n}")) for n in range(3)] == [1, 1, 0]
    store.close()


def test_scripts_without_spaces_are_searched_inside_of_their_runs() -> None:
    store = _store(
        _exchange("a", "我喜欢水獭和GPT模型", "カワウソが泳いでいる"),
        _exchange("b", "獭水", "Cafe\u0301s im Freien"),
    )
    for text, ids in {
        "水獭": ["a"], "喜欢 泳い": ["a"], "GPT模": ["a"], "gpt": ["a"], "獭": ["a", "b"], '"水獭和"': ["a"],
        "café": ["b"], "cafes": ["b"], "cafe\u0301": ["b"], "🦦": [],
    }.items():  # fmt: skip
        assert sorted(_found(store, text)) == ids, text
    assert store.search.find("水獭")[0].snippet == f"我喜欢{MARKS[0]}水獭{MARKS[1]}和GPT模型"
    store.close()


def test_a_running_job_is_found_when_it_is_over() -> None:
    store = _store(_exchange("a", "question", "half", "in_progress"))
    assert _found(store, "question") == []
    store.close()


def test_a_store_of_an_older_version_is_read_at_its_first_search(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    store = Store(file)
    store.add(Session("s", "old talk", "a"), [_exchange("a", "walrus", "tusks")])
    for sql in (
        "drop table words",
        "drop index exchanges_unindexed",
        "alter table exchanges drop column indexed",
    ):
        store.search._db.run(sql)
    store.search._db.run("pragma user_version = 2")
    store.close()
    store = Store(file)
    store.search.catch_up()
    assert _found(store, "tusks") == ["a"]
    store.close()


def test_of_two_processes_that_bring_a_store_up_to_date_the_later_one_leaves_the_index_alone() -> None:
    store = _store(_exchange("a", "walrus", "tusks"))
    assert _found(store, "tusks") == ["a"]
    _update(store.search._db.raw)  # it read the old version, and waited for the first one's lock
    assert _found(store, "tusks") == ["a"]
    store.close()


@examples(25)
@given(st.lists(WORDS, min_size=1, max_size=6), st.text(max_size=30))
def test_every_word_finds_its_exchange_and_nothing_typed_is_an_error(words: list[str], odd: str) -> None:
    store = _store(_exchange("a", words[0], " ".join(words)))
    for word in words:
        if terms_of(word):
            assert _found(store, word) == ["a"], word
    store.search.find(odd)
    store.close()
