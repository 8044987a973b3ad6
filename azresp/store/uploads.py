"""Files at the service: remembered when uploaded, so that they can be used again, or deleted when nobody does."""

from __future__ import annotations

from azresp.core.uploads import Upload
from azresp.store.database import Database

_TABLES = (
    """create table if not exists uploads (
      file_id text not null, origin text not null, sha256 text not null, name text not null,
      purpose text not null, bytes integer not null, uploaded_at real not null, expires_at real,
      primary key (origin, file_id)) without rowid""",
    "create index if not exists uploads_by_content on uploads (origin, sha256, purpose)",
    """create table if not exists upload_uses (
      origin text not null, file_id text not null, exchange text not null,
      primary key (origin, file_id, exchange)) without rowid""",
)
_REMEMBER = """insert or replace into uploads
  (file_id, origin, sha256, name, purpose, bytes, uploaded_at, expires_at) values (?, ?, ?, ?, ?, ?, ?, ?)"""
_FIND = """select file_id, origin, sha256, name, purpose, bytes, uploaded_at, expires_at from uploads
  where origin = ? and sha256 = ? and purpose = ? order by uploaded_at desc, file_id"""
_LIST = """select file_id, origin, sha256, name, purpose, bytes, uploaded_at, expires_at from uploads
  where origin = ? order by uploaded_at desc, file_id"""
_UNUSED = """select file_id, origin, sha256, name, purpose, bytes, uploaded_at, expires_at from uploads u
  where origin = ? and uploaded_at < ? and not exists (
    select 1 from upload_uses used join exchanges e on e.id = used.exchange
    where used.origin = u.origin and used.file_id = u.file_id)
  order by uploaded_at, file_id"""


class Uploads:
    """The files that this program uploaded, and which exchanges refer to them. Raises LocalError."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._made = False

    def remember(self, upload: Upload) -> None:
        """Write down a file as soon as the service has it: before the turn that may fail."""
        values = (
            upload.file_id, upload.origin, upload.sha256, upload.name,
            upload.purpose, upload.bytes, upload.uploaded_at, upload.expires_at,
        )  # fmt: skip
        self._ready().run(_REMEMBER, values)

    def use(self, origin: str, file_id: str, exchange_id: str) -> None:
        """An exchange refers to the file: it is kept while the exchange is. Unknown files are noted as well."""
        self._ready().run(
            "insert or ignore into upload_uses values (?, ?, ?)", (origin, file_id, exchange_id)
        )

    def find(self, origin: str, sha256: str, purpose: str, now: float) -> Upload | None:
        """The newest upload of the same bytes for the same purpose that the service still has."""
        rows = self._ready().rows(_FIND, (origin, sha256, purpose))
        return next((upload for row in rows if (upload := Upload(*row)).usable(now)), None)

    def listed(self, origin: str) -> list[Upload]:
        """All uploads to a service, newest first."""
        rows = self._ready().rows(_LIST, (origin,))
        return [Upload(*row) for row in rows]

    def unused(self, origin: str, before: float) -> list[Upload]:
        """Uploads from before a time that no exchange kept here refers to: what `files gc` deletes."""
        rows = self._ready().rows(_UNUSED, (origin, before))
        return [Upload(*row) for row in rows]

    def forget(self, origin: str, file_id: str) -> None:
        """The service has it no more."""
        with self._ready().writing():
            self._db.run("delete from uploads where origin = ? and file_id = ?", (origin, file_id))
            self._db.run("delete from upload_uses where origin = ? and file_id = ?", (origin, file_id))

    def _ready(self) -> Database:
        if not self._made:
            for statement in _TABLES:
                self._db.run(statement)
            self._made = True
        return self._db
