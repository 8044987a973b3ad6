"""Files at the service are remembered: used again, or found when nobody refers to them any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from azresp.core.session import Exchange, Session
from azresp.core.turn import Turn
from azresp.core.uploads import Upload
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
    exchange = Exchange("x1", None, ({"role": "user", "content": "hi"},), Turn(), 1.0, origin=HERE)
    store.add(Session("s1", "one"), [exchange])
    for name in ("kept", "failed", "fresh"):
        uploads.remember(_upload(name, at=900.0 if name == "fresh" else 100.0))
    uploads.remember(_upload("elsewhere", THERE))
    uploads.use(HERE, "kept", "x1")
    uploads.use(HERE, "failed", "an exchange that never came to be")
    assert [one.file_id for one in uploads.unused(HERE, before=500)] == ["failed"]
    store.remove("s1")
    assert [one.file_id for one in uploads.unused(HERE, before=500)] == ["failed", "kept"]
    assert [one.file_id for one in uploads.listed(HERE)] == ["fresh", "failed", "kept"]
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
