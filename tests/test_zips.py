import io
import stat
import zipfile

import pytest

from lms import zips
from lms.zips import BadZip, Limits, Zip


def packed(entries, **of_zip):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **of_zip) as target:
        for name, data in entries:
            target.writestr(name, data)
    return file


def test_what_was_written_is_read():
    file = io.BytesIO()
    zips.write(file, [("a.json", b"{}"), ("folder/b.txt", b"words")])

    read = Zip(file)

    assert {name: read.read(name) for name in read.names} == {
        "a.json": b"{}",
        "folder/b.txt": b"words",
    }


def test_the_same_entries_make_the_same_bytes(monkeypatch):
    files = [io.BytesIO(), io.BytesIO()]
    for moment, file in zip((0, 2_000_000_000), files, strict=True):
        monkeypatch.setattr("time.time", lambda moment=moment: moment)
        zips.write(file, [("a", b"one")])

    assert files[0].getvalue() == files[1].getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "../up.json",
        "a/../../up.json",
        "/etc/passwd",
        "C:/windows",
        "a\\b",
        "folder/",
        "a//b",
        ".hidden",
        "a/.git",
        "naïve.json",
        "a b",
        "new\nline",
        "x" * 101,
    ],
)
def test_names_are_refused_not_renamed(name):
    with pytest.raises(BadZip, match="a name that this site does not take"):
        Zip(packed([(name, b"x")]))


def test_a_name_with_nul_is_refused():
    data = packed([("aXb.json", b"x")]).getvalue().replace(b"aXb", b"a\0b")

    with pytest.raises(BadZip, match="a name that this site does not take"):
        Zip(io.BytesIO(data))


def test_a_link_is_refused():
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16

    with pytest.raises(BadZip, match="a name that this site does not take"):
        Zip(packed([(link, "/etc/passwd")]))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["a.json", "A.json"])
def test_a_name_that_stands_twice_is_refused(second):
    with pytest.raises(BadZip, match="twice"):
        Zip(packed([("a.json", b"1"), (second, b"2")]))


@pytest.mark.parametrize(
    ("limits", "entries", "reason"),
    [
        (Limits(files=2), [("a", b""), ("b", b""), ("c", b"")], "3 files"),
        (Limits(one=10), [("a", b"12345678901")], "larger than"),
        (Limits(total=10), [("a", b"123456"), ("b", b"123456")], "larger than"),
        (Limits(ratio=10), [("a", b"0" * 2_000_000)], "too tightly"),
        (Limits(depth=2), [("a/b/c", b"")], "too many folders"),
    ],
)
def test_limits(limits, entries, reason):
    with pytest.raises(BadZip, match=reason):
        Zip(packed(entries), limits)


def test_many_entries_are_counted_before_they_are_read(monkeypatch):
    file = packed([(str(n), b"") for n in range(50)])
    monkeypatch.setattr("zipfile.ZipFile", lambda *_: pytest.fail("it was opened"))

    with pytest.raises(BadZip, match="50 files"):
        Zip(file, Limits(files=49))


@pytest.mark.parametrize("data", [b"", b"words", b"PK\5\6", b"PK\3\4" + b"\0" * 40])
def test_what_is_no_zip_is_refused(data):
    with pytest.raises(BadZip, match="not a zip"):
        Zip(io.BytesIO(data))


def test_a_zip_that_lies_about_its_sizes_is_refused():
    data = bytearray(packed([("a", b"0" * 5_000)]).getvalue())
    for place in (data.index(b"PK\3\4") + 22, data.index(b"PK\1\2") + 24):
        data[place : place + 4] = (10).to_bytes(4, "little")  # it says that it holds 10 bytes

    with pytest.raises(BadZip):
        Zip(io.BytesIO(data)).read("a")


def test_damaged_bytes_are_refused():
    data = bytearray(packed([("a", bytes(range(256)) * 10)]).getvalue())
    data[60] ^= 0xFF

    with pytest.raises(BadZip, match=r"damaged|not as long"):
        Zip(io.BytesIO(data)).read("a")


def test_a_locked_file_is_refused():
    data = bytearray(packed([("a", b"x")]).getvalue())
    data[data.index(b"PK\1\2") + 8] |= 1

    with pytest.raises(BadZip, match="password"):
        Zip(io.BytesIO(data))


def test_files_that_share_their_bytes_are_refused():
    """Many names for one dense piece: the trick of the largest zip bombs."""
    data = packed([("a", b"0" * 900_000), ("b", b"1" * 900_000)]).getvalue()
    second = data.index(b"PK\1\2", data.index(b"PK\1\2") + 4)
    shared = bytearray(data)
    shared[second + 42 : second + 46] = (0).to_bytes(4, "little")
    read = Zip(io.BytesIO(bytes(shared)))

    with pytest.raises(BadZip):
        read.read("b")
