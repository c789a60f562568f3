"""Object storage: the only door to a folder, S3, Azure or Google Cloud, by `obstore`, which is loaded when one is set.

Input are names and sealed bytes; output are those bytes.  What is put is kept when the call returns, a folder's file on
its disk.  Credentials come from the environment as the provider's own programs read them (`AWS_ACCESS_KEY_ID` and
others), never from a setting.  A storage that refuses, does not answer in time or answers half is StorageError with
one line; a name that is not there is None.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl, urlsplit

from server.store.faults import StorageError
from sweep.phrases import Phrase

SCHEMES = ("file", "s3", "az", "gs")
MARKER = "ansim-storage"
"""Tells a storage that was used from a bucket of that name which is another's, or gone."""
ANSWER_WAIT_S = 10.0  # guessed: the largest body, 16 MiB, over 20 Mbit/s
CONNECT_WAIT_S = 3.0
RETRIES = 2  # of what answers 500 or breaks off
REST_S = 15.0  # guessed: what did not answer is not asked again by every entry that arrives
AT_ONCE = 8  # guessed: connections
RECENT_BYTES = 16 * 1024 * 1024  # derived: the entries of one commit, which are read again at once to be projected
REGIONS = frozenset({"ap-northeast-2", "koreacentral", "koreasouth", "asia-northeast3"})
"""Of Amazon, Azure and Google in Korea; those of Korean providers begin with `kr`."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Place:
    """Where objects lie."""

    url: str
    """Scheme, bucket and folder, without what stands behind the question mark."""
    region: str
    endpoint: str

    @property
    def is_in_country(self) -> bool:
        """Does it lie in Korea, as far as its region says?"""
        return self.url.startswith("file:") or self.region in REGIONS or self.region.startswith("kr")


def place_of(text: str) -> Place:
    """`file:///folder`, or `s3://`, `az://`, `gs://` with `?region=` and, for the first two, `&endpoint=`.

    ValueError for anything else.
    """
    parts = urlsplit(text)
    options = dict(parse_qsl(parts.query))
    endpoint = options.get("endpoint", "")
    is_folder = parts.scheme == "file"
    is_form = parts.scheme in SCHEMES and not parts.username and not parts.fragment
    if not is_form or options.keys() - {"region", "endpoint"} or bool(parts.netloc) == is_folder:
        raise ValueError(Phrase("storage_url_invalid"))
    if is_folder == bool(options) or (not is_folder and not options.get("region")):
        raise ValueError(Phrase("storage_region_missing"))
    if endpoint and (parts.scheme == "gs" or not _is_private(endpoint)):
        raise ValueError(Phrase("storage_endpoint_invalid"))
    return Place(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", options.get("region", ""), endpoint)


def _is_private(endpoint: str) -> bool:
    """Does nobody on the way read what is sent there?"""
    parts = urlsplit(endpoint)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_private
    except ValueError:
        return parts.hostname == "localhost"


class ObjectStore:
    """One storage, for any number of threads."""

    def __init__(self, place: Place, *, wait_s: float = ANSWER_WAIT_S) -> None:
        """Nothing is asked yet; `wait_s`: how long an answer may take."""
        self.place = place
        self._wait_s = wait_s
        self._folder = Path(urlsplit(place.url).path) if place.url.startswith("file:") else None
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="storage")
        self._lock = threading.Lock()
        self._recent: OrderedDict[str, bytes] = OrderedDict()
        self._recent_bytes = 0
        self._failed_s: float | None = None
        self._is_marked = False

    @property
    def is_away(self) -> bool:
        """Did it fail so short a time ago that only who has to asks it again?"""
        return self._failed_s is not None and time.monotonic() < self._failed_s + REST_S

    @property
    def has_failed(self) -> bool:
        """Did what was asked of it last fail?"""
        return self._failed_s is not None

    def put(self, objects: Mapping[str, bytes], *, is_read_soon: bool = True) -> None:
        """Keep these objects, in the place of what has their names; StorageError, and then none of them counts."""
        self._mark()
        list(self._threads.map(self._put, objects.items()))
        if not is_read_soon:
            return
        with self._lock:
            for name, data in objects.items():
                self._recent_bytes += len(data) - len(self._recent.pop(name, b""))
                self._recent[name] = data
            while self._recent_bytes > RECENT_BYTES:
                self._recent_bytes -= len(self._recent.popitem(last=False)[1])

    def put_file(self, name: str, path: Path) -> None:
        """The same of a file that does not fit into memory."""
        import obstore

        self._mark()
        self._asked(lambda: obstore.put(self._store, name, path, max_concurrency=2))
        self._sync(name)

    def get(self, name: str) -> bytes | None:
        """The object of this name; None when it is not there; StorageError."""
        import obstore

        with self._lock:
            recent = self._recent.get(name)
        if recent is not None:
            return recent
        try:
            return self._asked(lambda: bytes(obstore.get(self._store, name).bytes()))
        except FileNotFoundError:
            self._refuse_another()
            return None

    def get_all(self, names: Sequence[str]) -> list[bytes | None]:
        """The same of several, side by side."""
        return list(self._threads.map(self.get, names))

    def pieces(self, name: str, piece_bytes: int) -> Iterator[bytes]:
        """An object piece by piece; nothing where it is not there; StorageError."""
        import obstore

        try:
            found = self._asked(lambda: obstore.get(self._store, name))
            stream = iter(found.stream(min_chunk_size=piece_bytes))
            while piece := self._asked(lambda: bytes(next(stream, b""))):
                yield piece
        except FileNotFoundError:
            self._refuse_another()

    def delete(self, names: Iterable[str]) -> None:
        """Remove objects, also such as are not there; StorageError."""
        import obstore

        wanted = list(names)
        with self._lock:
            for name in wanted:
                self._recent_bytes -= len(self._recent.pop(name, b""))
        if self._folder is not None:
            for name in wanted:
                self._asked(lambda name=name: (self._folder / name).unlink(missing_ok=True))  # type: ignore[misc]  # bound at once
        elif wanted:
            try:
                self._asked(lambda: obstore.delete(self._store, wanted))
            except FileNotFoundError:  # Azure says so where one is gone already, of whatever else there was
                for name in wanted:
                    with contextlib.suppress(FileNotFoundError):
                        self._asked(lambda name=name: obstore.delete(self._store, name))  # type: ignore[misc]  # bound at once

    def sizes(self, prefix: str) -> Iterator[dict[str, int]]:
        """Names and sizes of the objects below a folder, some at a time; StorageError."""
        import obstore

        listed = iter(obstore.list(self._store, prefix, chunk_size=1000))  # asks nothing yet
        while some := self._asked(lambda: next(listed, None)):
            yield {one["path"]: one["size"] for one in some}

    @cached_property
    def _store(self) -> Any:
        try:
            from obstore.store import LocalStore, from_url
        except ImportError:
            raise StorageError(Phrase("storage_library_missing")) from None
        if self._folder is not None:
            return LocalStore(self._folder, mkdir=True)
        config = {"endpoint": self.place.endpoint} if self.place.endpoint else {}
        if self.place.url.startswith("s3:"):
            config["region"] = self.place.region
        retry: Any = {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=self._wait_s)}
        client: Any = {
            "timeout": timedelta(seconds=self._wait_s),
            "connect_timeout": timedelta(seconds=min(CONNECT_WAIT_S, self._wait_s)),
            "allow_http": self.place.endpoint.startswith("http:"),
        }
        made: Any = from_url
        return made(self.place.url, config=config, client_options=client, retry_config=retry)

    def _put(self, named: tuple[str, bytes]) -> None:
        import obstore

        name, data = named
        try:
            self._asked(lambda: obstore.put(self._store, name, data, use_multipart=False))
            self._sync(name)
        except FileNotFoundError:
            self._not_there()

    def _sync(self, name: str) -> None:
        """Bring a file of a folder, and the folders that lead to it, to the disk: the library leaves that to others."""
        if self._folder is None:
            return
        path = self._folder / name
        for one in (path, *path.parents):
            descriptor = os.open(one, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if one == self._folder:
                break

    def _mark(self) -> None:
        if not self._is_marked:
            self._put((MARKER, b"Sealed bodies and documents of an Ansim Sweep server.\n"))
            self._is_marked = True

    def _refuse_another(self) -> None:
        """Something was not found: is it that, or is the whole storage another one or gone?"""
        import obstore

        try:
            self._asked(lambda: obstore.head(self._store, MARKER))
        except FileNotFoundError:
            self._not_there()

    def _not_there(self) -> NoReturn:
        self._failed_s = time.monotonic()
        raise StorageError(Phrase("storage_not_there", place=self.place.url)) from None

    def _asked(self, ask: Callable[[], Result]) -> Result:
        """What the storage answers; FileNotFoundError for a name that is not there, else StorageError."""
        from obstore.exceptions import BaseError

        try:
            found = ask()
        except FileNotFoundError:
            raise
        except StorageError:
            self._failed_s = time.monotonic()
            raise
        except (BaseError, OSError, ValueError) as error:
            self._failed_s = time.monotonic()
            why = str(error).partition("\n")[0]
            raise StorageError(Phrase("storage_does_not_answer", place=self.place.url, why=why)) from error
        self._failed_s = None
        return found
