"""Files at the service are remembered: used again, or found when nobody refers to them any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from azresp.core.session import Exchange, Session
from azresp.core.turn import Turn
from azresp.core.uploads import FileTold, Upload, file_told
from azresp.store.database import Database
from azresp.store.store import Store
from azresp.store.uploads import Uploads

HERE, THERE = "https://a/openai/v1/", "https://b/openai/v1/"


def _upload(file_id: str, origin: str = HERE, sha256: str = "aa", at: float = 100, **more: object) -> Upload:
    values = {"name": "a.png", "purpose": "vision", "bytes": 5, "expires_at": None} | more
    return Upload(file_id, origin, sha256, uploaded_at=at, **values)  # type: ignore[arg-type]


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(Database(tmp_path / "store.db"))


def test_the_same_bytes_for_the_same_purpose_are_used_again(uploads: Uploads) -> None:
    old, new = _upload("f1"), _upload("f2", at=200)
    for one in (
        old, new, _upload("f3", THERE, at=300), _upload("f4", purpose="assistants", at=300),
        _upload("f5", sha256="bb", at=300),
    ):  # fmt: skip
        uploads.remember(one)
    assert uploads.find(HERE, "aa", "vision", now=400) == new
    uploads.forget(HERE, "f2")
    assert uploads.find(HERE, "aa", "vision", now=400) == old
    assert uploads.find(HERE, "cc", "vision", now=400) is None


def test_an_upload_that_the_service_drops_soon_is_not_used(uploads: Uploads) -> None:
    uploads.remember(_upload("f1", expires_at=1000.0))
    assert uploads.find(HERE, "aa", "vision", now=900) == _upload("f1", expires_at=1000.0)
    assert uploads.find(HERE, "aa", "vision", now=950) is None


def test_what_a_failed_turn_left_behind_is_found(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    uploads = Uploads(Database(tmp_path / "store.db"))
    said = ({"role": "user", "content": "hi"},)
    done = Exchange("x1", None, said, Turn(id="resp_1", status="completed"), 1.0, origin=HERE)
    failed = Exchange("x2", None, said, Turn(id="resp_2", status="failed"), 1.0, origin=HERE)
    retried = Exchange("x3", None, said, Turn(id="resp_3", status="failed"), 600.0, origin=HERE)
    store.add(Session("s1", "one"), [done, failed, retried])
    for name in ("kept", "failed", "retried", "never", "fresh"):
        uploads.remember(_upload(name, at=900.0 if name == "fresh" else 100.0))
    uploads.remember(_upload("elsewhere", THERE))
    uploads.use(HERE, "kept", "x1")
    uploads.use(HERE, "failed", "x2")
    uploads.use(HERE, "retried", "x2")
    uploads.use(HERE, "retried", "x3")
    uploads.use(HERE, "never", "an exchange that never came to be")
    assert [one.file_id for one in uploads.unused(HERE, before=500)] == ["failed", "never"]
    store.remove("s1")
    assert [one.file_id for one in uploads.unused(HERE, before=500)] == ["failed", "kept", "never", "retried"]
    assert [one.file_id for one in uploads.listed(HERE)] == ["fresh", "failed", "kept", "never", "retried"]
    store.close()


def test_what_is_remembered_outlives_the_process_and_odd_names(tmp_path: Path) -> None:
    one = _upload("assistant-'; drop table uploads; --", name="\x1b[31m\u202e世界.png", expires_at=5.5)
    first = Database(tmp_path / "store.db")
    Uploads(first).remember(one)
    first.close()
    assert Uploads(Database(tmp_path / "store.db")).listed(HERE) == [one]


def test_an_upload_told_twice_is_one(uploads: Uploads) -> None:
    uploads.remember(_upload("f1"))
    uploads.remember(_upload("f1", bytes=7))
    uploads.use(HERE, "f1", "x")
    uploads.use(HERE, "f1", "x")
    assert uploads.listed(HERE) == [_upload("f1", bytes=7)]


def test_what_the_user_uploaded_by_name_is_collected_only_when_asked(uploads: Uploads) -> None:
    uploads.remember(_upload("ours"))
    uploads.remember(_upload("theirs", by_hand=True))
    assert [one.file_id for one in uploads.unused(HERE, before=500)] == ["ours"]
    assert uploads.unused(HERE, before=500, by_hand=True) == [
        _upload("ours"),
        _upload("theirs", by_hand=True),
    ]


def test_the_store_knows_which_kept_files_it_refers_to(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    kept, forged = "a" * 64, "b" * 64
    part = {"type": "input_image", "image_url": {"saved": "/x", "sha256": kept}}
    said = ({"role": "user", "content": [part, {"type": "input_text", "text": f'{{"sha256": "{forged}"}}'}]},)
    store.add(Session("s1", "one"), [Exchange("x1", None, said, Turn(), 1.0)])
    assert store.kept_files() == {kept}
    store.remove("s1")
    assert store.kept_files() == set()
    store.close()


def test_what_a_service_tells_of_a_file_is_never_trusted_to_be_whole() -> None:
    told = {
        "id": 7,
        "filename": None,
        "bytes": "many",
        "created_at": 1e400,
        "expires_at": True,
        "status": "x",
    }
    assert file_told(told) == FileTold("", "", "", 0, 0.0, None, "x")
    assert file_told(
        {"id": "assistant-1", "filename": "a", "purpose": "vision", "bytes": 5, "created_at": 9}
    ) == (FileTold("assistant-1", "a", "vision", 5, 9.0, None, ""))
