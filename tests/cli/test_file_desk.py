"""What is attached, made ready to be sent: uploaded once where it is large, kept beside the store otherwise."""

from __future__ import annotations

import io
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from azresp.cli.attachments import dropping_attachments
from azresp.cli.file_desk import FileDesk
from azresp.core.pictures import restore_pictures
from azresp.core.session import Exchange, Session
from azresp.core.turn import Turn
from azresp.core.uploads import file_told
from azresp.emulator import Emulator
from azresp.errors import LocalError, NetworkError, UsageError
from azresp.media.attachment import Attachment
from azresp.store.store import Store
from tests.azure.calls import call, connected
from tests.media.samples import PDF, picture
from tests.replay import JSON_HEADERS, ReplayServer, Reply, Request, answer

PNG = picture("PNG")
LARGE = b"a line of a long text\n" * 300_000


@dataclass
class Office:
    """A folder, a store, and a service to talk to."""

    folder: Path
    base_url: str
    told: list[str] = field(default_factory=list)
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = Store(self.folder / "store.db")

    def at(self, work: Callable[[FileDesk], Awaitable[Any]]) -> Any:
        """Do something at the desk, with a gateway of its own."""
        return call(
            connected(self.base_url), lambda gateway: work(FileDesk(gateway, self.store, self.told.append))
        )

    def file(self, name: str, content: bytes) -> str:
        """A file to attach."""
        (self.folder / name).write_bytes(content)
        return str(self.folder / name)

    def ready(self, *words: str) -> Any:
        """The parts that these words become."""

        async def work(desk: FileDesk) -> Any:
            return await desk.ready([await desk.attach(word) for word in words])

        return self.at(work)

    def ask(self, exchange_id: str, part: Any, status: str, asked_at: float | None = None) -> None:
        """An exchange that said this part, kept in the session `s1`."""
        said = ({"type": "message", "role": "user", "content": [part]},)
        turn = Turn(id=f"resp_{exchange_id}", status=status)
        exchange = Exchange(exchange_id, None, said, turn, time.time() if asked_at is None else asked_at)

        async def work(desk: FileDesk) -> None:
            desk.used(exchange_id, said)

        self.at(work)
        self.store.add(Session("s1", "one", exchange_id), [exchange])


@pytest.fixture
def office(tmp_path: Path, emulator: Emulator) -> Iterator[Office]:
    emulator.faults.clear()
    emulator.journal.clear()
    made = Office(tmp_path, emulator.base_url)
    yield made
    made.store.close()


def uploads(emulator: Emulator) -> int:
    return sum(one.method == "POST" and one.path.endswith("/files") for one in emulator.journal.requests)


def test_small_ones_are_kept_and_referred_to_and_large_ones_are_uploaded(
    office: Office, emulator: Emulator
) -> None:
    image, pdf, large, link = office.ready(
        office.file("a.png", PNG),
        office.file("b.pdf", PDF),
        office.file("c.txt", LARGE),
        "https://example.com/d.png",
    )
    assert large["type"] == "input_file"
    assert set(large) == {"type", "file_id"}
    assert link == {"type": "input_image", "detail": "auto", "image_url": "https://example.com/d.png"}
    assert image["image_url"]["saved"].startswith(str(office.folder / "attachments"))
    assert office.told == ["uploading c.txt (6.6 MB)"]
    assert emulator.journal.requests[-1].body == {
        "purpose": "assistants",
        "file": {"filename": "c.txt", "bytes": len(LARGE)},
    }

    async def restored(desk: FileDesk) -> Any:
        assert desk.folder is not None
        said = {"type": "message", "role": "user", "content": [image, pdf, large]}
        return restore_pictures({"input": [said]}, desk.folder.read)["input"][0]["content"]

    sent = office.at(restored)
    assert sent[0]["image_url"].startswith("data:image/png;base64,iVBOR")
    assert sent[1]["file_data"].startswith("data:application/pdf;base64,JVBER")
    assert sent[2] == large


def test_the_same_bytes_are_uploaded_once_while_the_service_has_them(
    office: Office, emulator: Emulator
) -> None:
    (first,) = office.ready(office.file("a.txt", LARGE))
    (known,) = office.store.uploads.listed(office.base_url)
    office.store.uploads.remember(replace(known, uploaded_at=5.0))
    (again,) = office.ready(office.file("b.txt", LARGE))
    assert (
        office.store.uploads.unused(office.base_url, before=6.0) == []
    )  # young again: nobody collects it now
    assert (again["file_id"], uploads(emulator)) == (first["file_id"], 1)
    with_hand = first["file_id"]
    office.at(
        lambda desk: desk._gateway.files.delete(with_hand)
    )  # by somebody else: nothing is forgotten here
    (new,) = office.ready(office.file("c.txt", LARGE))
    assert new["file_id"] != first["file_id"]
    assert uploads(emulator) == 2
    assert [one.file_id for one in office.store.uploads.listed(office.base_url)] == [new["file_id"]]


def test_too_much_for_one_request_is_refused_before_anything_is_uploaded(
    office: Office, emulator: Emulator
) -> None:
    large = office.file("a.txt", LARGE)
    small = office.file("b.png", PNG)

    async def work(desk: FileDesk) -> Any:
        return await desk.ready([await desk.attach(large), *[await desk.attach(small)] * 101])

    with pytest.raises(UsageError, match="101 pictures"):
        office.at(work)
    assert uploads(emulator) == 0


def test_what_comes_on_stdin_and_what_is_at_the_service_already_can_be_attached(office: Office) -> None:
    async def work(desk: FileDesk) -> list[Attachment]:
        return [
            await desk.attach("-", "image", "low", stdin=io.BytesIO(PNG)),
            await desk.attach("id:assistant-7", "image", "high"),
        ]

    piped, there = office.at(work)
    assert (piped.name, piped.mime, piped.detail) == ("stdin.png", "image/png", "low")
    assert there.to_part() == {"type": "input_image", "detail": "high", "file_id": "assistant-7"}


def test_the_upload_of_a_failed_turn_is_collected_and_that_of_an_answered_one_stays(
    office: Office, emulator: Emulator
) -> None:
    (failed,) = office.ready(office.file("a.txt", LARGE))
    (answered,) = office.ready(office.file("b.txt", LARGE + b"more\n"))
    (never,) = office.ready(office.file("c.txt", LARGE + b"even more\n"))
    office.ask("x1", failed, "failed")
    office.ask("x2", answered, "completed")

    async def collected(desk: FileDesk, older_than_s: float) -> list[str]:
        found = [one.file_id for one in desk.unused(older_than_s)]
        for ident in found:
            assert await desk.delete(ident)
        return found

    assert office.at(lambda desk: collected(desk, 3600)) == []
    assert office.at(lambda desk: collected(desk, -1)) == [failed["file_id"], never["file_id"]]
    left = office.at(lambda desk: desk.listed())[0]
    assert answered["file_id"] in {file_told(one).id for one in left}
    assert [one.file_id for one in office.store.uploads.listed(office.base_url)] == [answered["file_id"]]


def test_attachments_go_with_the_last_session_that_refers_to_them(office: Office) -> None:
    shared, own = office.ready(office.file("a.png", PNG), office.file("b.pdf", PDF))
    office.ask("x1", own, "completed")
    said = ({"type": "message", "role": "user", "content": [shared, own]},)
    other = ({"type": "message", "role": "user", "content": [shared]},)
    office.store.add(Session("s2", "two"), [Exchange("x2", None, said, Turn(), 1.0)])
    office.store.add(Session("s3", "three"), [Exchange("x3", None, other, Turn(), 1.0)])

    def removed(session: str) -> tuple[int, int]:
        with dropping_attachments(office.store) as dropped:
            office.store.remove(session)
        return dropped.count, len(list((office.folder / "attachments").glob("*/*")))

    assert [removed("s1"), removed("s2"), removed("s3")] == [(0, 2), (1, 1), (1, 0)]


def test_attachments_of_messages_that_were_never_sent_are_tidied_once_they_are_old(office: Office) -> None:
    kept, _ = office.ready(office.file("a.png", PNG), office.file("b.pdf", PDF))
    office.ask("x1", kept, "completed")

    async def tidied(desk: FileDesk, older_than_s: float) -> int:
        return desk.tidy(older_than_s)

    assert office.at(lambda desk: tidied(desk, 3600)) == 0
    assert office.at(lambda desk: tidied(desk, -60)) == 1
    assert len(list((office.folder / "attachments").glob("*/*"))) == 1


def test_an_upload_whose_outcome_is_unknown_is_not_sent_again(tmp_path: Path) -> None:
    with ReplayServer(Reply(b"", headers=JSON_HEADERS, end="reset")) as server:
        office = Office(tmp_path, server.base_url)
        path = office.file("a.txt", b"hello")
        with pytest.raises(NetworkError) as caught:
            office.at(lambda desk: desk.upload(Path(path)))
        office.store.close()
    assert server.posts() == 1
    assert "not sent again" in caught.value.hint


def test_a_rate_limit_is_waited_for_since_nothing_was_taken(tmp_path: Path) -> None:
    busy = answer({"error": {"code": "429", "message": "slow down"}}, 429, **{"retry-after-ms": "1"})
    taken = answer(
        {"id": "assistant-1", "object": "file", "purpose": "vision", "filename": "a.png", "bytes": 3}
    )
    with ReplayServer([busy, taken]) as server:
        office = Office(tmp_path, server.base_url)
        path = office.file("a.png", PNG)
        assert file_told(office.at(lambda desk: desk.upload(Path(path)))).id == "assistant-1"
        (known,) = office.store.uploads.listed(office.base_url)
        office.store.close()
    assert [PNG in request.body for request in server.requests] == [True, True]
    assert (known.file_id, known.purpose, known.by_hand) == ("assistant-1", "vision", True)


def test_a_store_in_memory_keeps_nothing_on_disk(office: Office, tmp_path: Path) -> None:
    path = office.file("a.png", PNG)
    office.store.close()
    office.store = Store(None)
    (part,) = office.ready(path)
    assert part["image_url"].startswith("data:image/png;base64,")
    assert not (tmp_path / "attachments").exists()


def test_a_service_that_gives_the_same_page_for_ever_is_asked_twice(tmp_path: Path) -> None:
    page = answer({"object": "list", "data": [{"id": "assistant-1"}, "?", {"id": 7}], "has_more": True})
    with ReplayServer(page) as server:
        office = Office(tmp_path, server.base_url)
        assert office.at(lambda desk: desk.listed()) == ([{"id": "assistant-1"}], False)
        office.store.close()
    assert len(server.requests) == 2


def test_a_file_that_changes_while_it_is_sent_is_told_and_never_used_again(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"

    def script(request: Request, n: int) -> Reply:
        path.write_bytes(b"other text")
        return answer({"id": "assistant-1", "object": "file", "purpose": "assistants"})

    with ReplayServer(script) as server:
        office = Office(tmp_path, server.base_url)
        office.file("a.txt", b"some text")
        with pytest.raises(LocalError, match="what arrived as assistant-1 may be a mixture"):
            office.at(lambda desk: desk.upload(path))
        (known,) = office.store.uploads.listed(office.base_url)
        office.store.close()
    assert (known.file_id, known.sha256) == ("assistant-1", "")
