"""Files: uploaded, listed, downloaded where that is allowed, expired, deleted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from azresp.emulator import Emulator, Settings
from azresp.emulator.journal import Journal, Seen
from tests.emulator.contract import Contract
from tests.emulator.forms import upload
from tests.emulator.wire import call

NOW = 1_700_000_000


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> Iterator[Emulator]:
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, clock=clock, max_file_bytes=1000)) as running:
        yield running


def test_an_uploaded_file_is_told_as_azure_tells_it(desk: Emulator, contract: Contract) -> None:
    answer = upload(desk, b"some text", "notes.txt")
    told = answer.json
    assert answer.status == 200
    assert told.pop("id").startswith("assistant-")
    assert told == {
        "object": "file",
        "purpose": "assistants",
        "filename": "notes.txt",
        "bytes": 9,
        "created_at": NOW,
        "status": "processed",
    }
    contract.check("OpenAIFile", answer.json)


@pytest.mark.parametrize(
    ("purpose", "prefix"),
    [
        ("assistants", "assistant-"),
        ("vision", "assistant-"),
        ("batch", "file-"),
        ("fine-tune", "file-"),
        ("evals", "file-"),
    ],
)
def test_every_purpose_of_azure_is_taken(desk: Emulator, purpose: str, prefix: str) -> None:
    told = upload(desk, b"x", purpose=purpose).json
    assert (told["purpose"], told["id"][: len(prefix)]) == (purpose, prefix)
    assert call(desk, "GET", f"/files/{told['id']}").json == told


@pytest.mark.parametrize("purpose", ["user_data", "anything", ""])
def test_a_purpose_that_azure_does_not_take_is_refused_in_its_words(desk: Emulator, purpose: str) -> None:
    answer = upload(desk, b"x", purpose=purpose)
    error = {"code": "invalidPayload", "message": "Invalid value for the purpose."}
    assert (answer.status, answer.json) == (400, {"error": error})


def test_a_form_without_purpose_or_file_is_refused(desk: Emulator) -> None:
    assert upload(desk, b"x", purpose=None).json["error"]["param"] == "purpose"
    assert upload(desk, b"", "empty.txt").json["error"]["message"] == "File is empty."
    assert call(desk, "POST", "/files", {"purpose": "assistants"}).status == 400
    broken = call(desk, "POST", "/files", b"nonsense", {"content-type": "multipart/form-data; boundary=b"})
    assert broken.status == 400
    assert call(desk, "POST", "/files", b"", {"content-type": "multipart/form-data"}).status == 400


@pytest.mark.parametrize("size", [1001, 100_000])
def test_a_file_that_is_too_large_is_a_413(desk: Emulator, size: int) -> None:
    answer = upload(desk, b"x" * size)
    assert (answer.status, answer.json["error"]["code"]) == (413, "413")
    assert call(desk, "GET", "/files").json["data"] == []


def test_files_are_listed_newest_first_by_pages_and_purposes(desk: Emulator, contract: Contract) -> None:
    ids = [
        upload(desk, b"x", f"{n}.txt", purpose="vision" if n % 2 else "assistants").json["id"]
        for n in range(5)
    ]

    def listed(query: str) -> Any:
        answer = call(desk, "GET", f"/files{query}").json
        contract.check("ListFilesResponse", answer)
        return [file["id"] for file in answer["data"]], answer["has_more"]

    assert listed("") == (ids[::-1], False)
    assert listed("?order=asc&limit=2") == (ids[:2], True)
    assert listed(f"?limit=2&after={ids[3]}") == ([ids[2], ids[1]], True)
    assert listed("?purpose=vision") == ([ids[3], ids[1]], False)
    assert call(desk, "GET", "/files?purpose=user_data").status == 400


def test_content_comes_back_only_for_purposes_that_allow_it(desk: Emulator) -> None:
    data = bytes(range(256))
    free = call(desk, "GET", f"/files/{upload(desk, data, purpose='batch').json['id']}/content")
    assert (free.status, free.body) == (200, data)
    kept = call(desk, "GET", f"/files/{upload(desk, data).json['id']}/content")
    assert (kept.status, kept.json["error"]["message"]) == (
        400,
        "Not allowed to download files of purpose: assistants",
    )


def test_a_deleted_file_is_gone_on_every_route(desk: Emulator, contract: Contract) -> None:
    id_ = upload(desk, b"x").json["id"]
    deleted = call(desk, "DELETE", f"/files/{id_}").json
    assert deleted == {"id": id_, "object": "file", "deleted": True}
    contract.check("DeleteFileResponse", deleted)
    for method, tail in (("GET", ""), ("DELETE", ""), ("GET", "/content")):
        answer = call(desk, method, f"/files/{id_}{tail}")
        error = {
            "message": f"No such File object: {id_}",
            "type": "invalid_request_error",
            "param": "id",
            "code": None,
        }
        assert (answer.status, answer.json) == (404, {"error": error})


def test_a_file_lives_as_long_as_was_asked(desk: Emulator, clock: Clock) -> None:
    life = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    told = upload(desk, b"x", **life).json
    assert told["expires_at"] == NOW + 3600
    clock.now += 3599
    assert call(desk, "GET", f"/files/{told['id']}").status == 200
    clock.now += 1
    assert call(desk, "GET", f"/files/{told['id']}").status == 404
    assert call(desk, "GET", "/files").json["data"] == []


@pytest.mark.parametrize(
    ("anchor", "seconds"),
    [("created_at", "3599"), ("created_at", "2592001"), ("created_at", "soon"), ("now", "3600")],
)
def test_a_life_that_makes_no_sense_is_refused(desk: Emulator, anchor: str, seconds: str) -> None:
    answer = upload(desk, b"x", **{"expires_after[anchor]": anchor, "expires_after[seconds]": seconds})
    assert answer.status == 400
    assert answer.json["error"]["param"].startswith("expires_after.")


def test_files_outlive_a_restart_in_the_store(tmp_path: Path) -> None:
    settings = Settings(store_path=tmp_path / "store.db")
    with Emulator(settings) as first:
        told = upload(first, b"kept", purpose="batch").json
    with Emulator(settings) as second:
        assert call(second, "GET", f"/files/{told['id']}").json == told
        assert call(second, "GET", f"/files/{told['id']}/content").body == b"kept"
    assert (tmp_path / "store.db").stat().st_mode & 0o077 == 0


def test_the_older_route_has_files_too(desk: Emulator) -> None:
    version = "?api-version=2025-04-01-preview"
    told = upload(desk, b"x", path=f"/openai/files{version}").json
    assert call(desk, "GET", f"/openai/files/{told['id']}{version}").json == told


def test_no_container_is_ever_found(desk: Emulator) -> None:
    answer = call(desk, "GET", "/containers/cntr_1/files/cfile_2/content")
    assert (answer.status, answer.json["error"]["message"]) == (404, "Container with id 'cntr_1' not found.")


def test_the_journal_tells_an_upload_without_its_content(desk: Emulator) -> None:
    upload(desk, b"secret bytes", "s.bin")
    assert desk.journal.requests[-1].body == {
        "purpose": "assistants",
        "file": {"filename": "s.bin", "bytes": 12},
    }


def test_without_the_form_library_uploads_are_refused_and_nothing_else(
    desk: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "python_multipart", None)
    answer = upload(desk, b"x")
    assert (answer.status, "python-multipart is missing" in answer.json["error"]["message"]) == (500, True)
    assert call(desk, "GET", "/files").status == 200


def test_an_emulator_starts_without_the_libraries_for_pictures_and_documents() -> None:
    code = "import sys, azresp.emulator.app; sys.exit(','.join({'PIL', 'pypdf'} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_journal_lets_go_of_old_bodies_before_they_fill_the_memory() -> None:
    journal = Journal()
    seen = [Seen("POST", "/responses", {}, {}, None) for _ in range(4)]
    for one in seen:
        journal.add(one)
        journal.weigh(one, {"input": "x"}, 30 * 1024 * 1024)
    assert [one.body for one in journal.requests] == [None, None, {"input": "x"}, {"input": "x"}]
    assert journal.count("POST") == 4
