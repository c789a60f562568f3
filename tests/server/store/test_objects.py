"""The door to object storage: a folder and S3 behave alike, and what a storage does wrong is one clear line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import obstore
import pytest

from server.store.faults import StorageError
from server.store.objects import MARKER, ObjectStore, place_of
from sweep.phrases import words
from tests.server.storage_kit import S3, Fault

WAIT_S = 2.0


@pytest.fixture(params=["folder", "s3", pytest.param("azure", marks=pytest.mark.soak)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """One of each kind."""
    if request.param == "folder":
        return ObjectStore(place_of((tmp_path / "objects").as_uri()))
    return ObjectStore(place_of(request.getfixturevalue(request.param).url()), wait_s=WAIT_S)


def _all(store: ObjectStore, prefix: str) -> dict[str, int]:
    return {name: size for some in store.sizes(prefix) for name, size in some.items()}


def test_what_was_put_comes_back_is_listed_and_goes(store: ObjectStore) -> None:
    store.put({"a/1": b"one", "a/2": b"two" * 1000, "b/1": b"three"}, is_read_soon=False)
    assert store.get_all(["a/1", "a/2", "a/3"]) == [b"one", b"two" * 1000, None]
    assert _all(store, "a") == {"a/1": 3, "a/2": 3000}
    store.put({"a/1": b"other"})
    assert store.get("a/1") == b"other"
    store.delete(["a/1", "a/never"])
    assert (store.get("a/1"), _all(store, "a")) == (None, {"a/2": 3000})


def test_what_is_gone_already_keeps_nothing_else(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ObjectStore(place_of(s3.url()), wait_s=WAIT_S)
    store.put({"a": b"one", "b": b"two"}, is_read_soon=False)
    delete = obstore.delete

    def as_azure(where: Any, names: str | list[str]) -> None:
        if names != "a":
            raise FileNotFoundError
        delete(where, names)

    monkeypatch.setattr(obstore, "delete", as_azure)
    store.delete(["never", "a"])
    assert _all(store, "") == {MARKER: 54, "b": 3}


def test_a_file_comes_back_in_pieces(store: ObjectStore, tmp_path: Path) -> None:
    file = tmp_path / "document"
    file.write_bytes(bytes(range(256)) * 40_000)
    store.put_file("documents/1", file)
    pieces = list(store.pieces("documents/1", 1 << 20))
    assert b"".join(pieces) == file.read_bytes()
    assert list(store.pieces("documents/2", 1 << 20)) == []


def test_what_is_read_soon_is_not_asked_for_again(bucket: S3) -> None:
    store = ObjectStore(place_of(bucket.url()))
    store.put({"a": b"one"})
    bucket.asked.clear()
    assert (store.get("a"), bucket.asked) == (b"one", [])


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("500", "500 Internal Server Error"),
        ("forbidden", "403 Forbidden"),
        ("slow", ""),
    ],
)
def test_a_storage_that_does_wrong_is_one_line(bucket: S3, fault: Fault, said: str) -> None:
    store = ObjectStore(place_of(bucket.url()), wait_s=WAIT_S)
    store.put({"a": b"one"}, is_read_soon=False)
    bucket.fault = fault
    for ask in (
        lambda: store.put({"b": b"two"}),
        lambda: store.get("a"),
        lambda: store.delete(["a"]),
        lambda: _all(store, ""),
    ):
        with pytest.raises(StorageError) as error:
            ask()
        line = words(error.value, "en")
        assert line.startswith(f"{store.place.url}: the storage does not answer as it should (")
        assert (said in line, len(line.splitlines())) == (True, 1)
        assert (store.is_away, store.has_failed) == (True, True)
    bucket.fault = ""
    assert (store.get("a"), store.has_failed) == (b"one", False)


def test_half_an_answer_is_none(bucket: S3) -> None:
    store = ObjectStore(place_of(bucket.url()), wait_s=WAIT_S)
    store.put({"a": b"one" * 10_000}, is_read_soon=False)
    bucket.fault, bucket.methods = "torn", ("GET",)
    with pytest.raises(StorageError):
        store.get("a")
    with pytest.raises(StorageError):
        list(store.pieces("a", 1 << 20))


def test_a_bucket_that_is_not_there_holds_nothing_and_says_so(bucket: S3) -> None:
    store = ObjectStore(place_of(bucket.url("another")), wait_s=WAIT_S)
    assert "://another/" in store.place.url
    asked: tuple[Callable[[], object], ...] = (lambda: store.put({"a": b"one"}), lambda: store.get("a"))
    for ask in asked:
        with pytest.raises(StorageError) as error:
            ask()
        assert words(error.value, "en") == f"{store.place.url}: this storage does not exist or is another one"


def test_an_empty_folder_in_the_place_of_the_storage_is_not_taken_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "objects"
    store = ObjectStore(place_of(folder.as_uri()))
    store.put({"a/1": b"one"}, is_read_soon=False)
    folder.rename(tmp_path / "unmounted")
    folder.mkdir()
    with pytest.raises(StorageError):
        store.get("a/1")
    assert (tmp_path / "unmounted" / MARKER).is_file()


FORM, ENDS = "must be file:///folder", "endpoint must be"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("/srv/objects", FORM),
        ("https://bucket.example", FORM),
        ("s3://bucket", "needs .region="),
        ("s3://?region=kr", FORM),
        ("s3://user:secret@bucket?region=kr", FORM),
        ("file:///srv?region=kr", "a folder nothing"),
        ("file://srv/objects", FORM),
        ("s3://bucket?region=kr&key=1", FORM),
        ("s3://bucket?region=kr&endpoint=http://storage.example.com", ENDS),
        ("gs://bucket?region=asia-northeast3&endpoint=https://storage.example.com", ENDS),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        place_of(url)


@pytest.mark.parametrize(
    ("url", "is_in_country"),
    [
        ("file:///srv/objects", True),
        ("s3://bucket/a?region=ap-northeast-2", True),
        ("s3://bucket?region=kr-standard&endpoint=https://kr.object.ncloudstorage.com", True),
        ("az://account/container?region=koreacentral", True),
        ("gs://bucket?region=asia-northeast3", True),
        ("s3://bucket?region=ap-northeast-1", False),
        ("az://account/container?region=japaneast", False),
    ],
)
def test_the_region_tells_whether_it_is_in_the_country(url: str, *, is_in_country: bool) -> None:
    assert place_of(url).is_in_country is is_in_country
