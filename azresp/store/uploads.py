"""Files at the service: remembered when uploaded, so that they can be used again, or deleted when nobody does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from azresp.core.uploads import Upload
from azresp.store.database import Database

_FIELDS = "file_id, origin, sha256, name, purpose, bytes, uploaded_at, expires_at, by_hand"
_REMEMBER = f"insert or replace into uploads ({_FIELDS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_FIND = f"""select {_FIELDS} from uploads
  where origin = ? and sha256 = ? and purpose = ? order by uploaded_at desc, file_id"""  # noqa: S608
_LIST = f"select {_FIELDS} from uploads where origin = ? order by uploaded_at desc, file_id"  # noqa: S608
_UNUSED = f"""select {_FIELDS} from uploads u
  where origin = ? and uploaded_at < ? and by_hand <= ? and not exists (
    select 1 from upload_uses used join exchanges e on e.id = used.exchange
    where used.origin = u.origin and used.file_id = u.file_id
    and (e.sealed = 0 or e.asked_at >= ? or e.status in ('completed', 'incomplete')))
  order by uploaded_at, file_id"""  # noqa: S608


class Uploads:
    """The files that this program uploaded, and which exchanges refer to them. Raises LocalError."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def remember(self, upload: Upload) -> None:
        """Write down a file as soon as the service has it: before the turn that may fail."""
        values = (
            upload.file_id, upload.origin, upload.sha256, upload.name,
            upload.purpose, upload.bytes, upload.uploaded_at, upload.expires_at, upload.by_hand,
        )  # fmt: skip
        self._db.run(_REMEMBER, values)

    def use(self, origin: str, file_id: str, exchange_id: str) -> None:
        """An exchange refers to the file: it is kept while the exchange is. Unknown files are noted as well."""
        self._db.run("insert or ignore into upload_uses values (?, ?, ?)", (origin, file_id, exchange_id))

    def find(self, origin: str, sha256: str, purpose: str, now: float) -> Upload | None:
        """The newest upload of the same bytes for the same purpose that the service still has."""
        rows = self._db.rows(_FIND, (origin, sha256, purpose))
        return next((upload for row in rows if (upload := _upload(row)).usable(now)), None)

    def listed(self, origin: str) -> list[Upload]:
        """All uploads to a service, newest first."""
        rows = self._db.rows(_LIST, (origin,))
        return [_upload(row) for row in rows]

    def unused(self, origin: str, before: float, *, by_hand: bool = False) -> list[Upload]:
        """Uploads from before a time that no exchange kept here builds on: what `files gc` deletes, oldest first.

        An exchange that failed or broke off before that time keeps nothing. `by_hand` takes in what the user
        uploaded by name.
        """
        rows = self._db.rows(_UNUSED, (origin, before, by_hand, before))
        return [_upload(row) for row in rows]

    def forget(self, origin: str, file_id: str) -> None:
        """The service has it no more."""
        with self._db.writing():
            self._db.run("delete from uploads where origin = ? and file_id = ?", (origin, file_id))
            self._db.run("delete from upload_uses where origin = ? and file_id = ?", (origin, file_id))


def _upload(row: tuple[Any, ...]) -> Upload:
    return replace(Upload(*row[:-1]), by_hand=bool(row[-1]))
