"""Archives are unpacked whole and inside their folder, or not at all."""

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile

import pytest

from repose.cli import main
from repose.datasets import archives
from repose.datasets.archives import unpack
from repose.errors import ReposeError

FILES = {"a.mp4": b"a", "in/b c.mp4": b"bb" * 100_000, "in/deep/ü $(d).mp4": b""}


def tar_of(*entries):
    """Make a tar of (name, data) and of entries of any kind."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                tar.addfile(entry, io.BytesIO(bytes(entry.size)))
                continue
            info = tarfile.TarInfo(entry[0])
            info.size = len(entry[1])
            tar.addfile(info, io.BytesIO(entry[1]))
    return file.getvalue()


def special(kind, name="x", target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_of(*entries, mode=0, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, method
            archive.writestr(info, data)
    return file.getvalue()


PLAIN = tar_of(*FILES.items())
GOOD = {
    "tar": PLAIN,
    "tar.gz": gzip.compress(PLAIN),
    "tar.bz2": bz2.compress(PLAIN),
    "tar.xz": lzma.compress(PLAIN),
    "zip": zip_of(("in/", b""), *FILES.items()),
    "zip.stored": zip_of(*FILES.items(), method=zipfile.ZIP_STORED),
    "folders": tar_of(special(tarfile.DIRTYPE, "in"), *FILES.items()),
}
ZEROS = bytes(archives.FREE_BYTES + 1)


def long_head():
    """Make a tar whose first member says that its name has 8 GB."""
    head = bytearray(tarfile.TarInfo("././@LongLink").tobuf(tarfile.GNU_FORMAT))
    head[156:157] = b"L"
    head[124:136] = b"77777777777\0"
    head[148:156] = b"        "
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + bytes(10_000)


def other_size(data, size):
    """Write another length into both heads of a zip's only, stored member."""
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    out = bytearray(data)
    out[local + 22 : local + 26] = out[central + 24 : central + 28] = struct.pack("<I", size)
    return bytes(out)


HOSTILE = {
    "tar: from the root": tar_of(("/tmp/canary", b"a")),
    "tar: upwards": tar_of(("../canary", b"a")),
    "tar: upwards from within": tar_of(("a/../../canary", b"a")),
    "tar: backslash": tar_of(("..\\canary", b"a")),
    "tar: symbolic link": tar_of(special(tarfile.SYMTYPE, "x", "/tmp"), ("x/canary", b"a")),
    "tar: link that stays inside": tar_of(("a", b"a"), special(tarfile.SYMTYPE, "x", "a")),
    "tar: hard link": tar_of(special(tarfile.LNKTYPE, "x", "/etc/passwd")),
    "tar: device": tar_of(special(tarfile.CHRTYPE)),
    "tar: pipe": tar_of(special(tarfile.FIFOTYPE)),
    "tar: sparse": tar_of(special(tarfile.GNUTYPE_SPARSE)),
    "tar: twice": tar_of(("a", b"a"), ("a", b"b")),
    "tar: twice, spelled otherwise": tar_of(("a", b"a"), ("./a", b"b")),
    "tar: a file as a folder": tar_of(("a", b"a"), ("a/b", b"b")),
    "tar: a folder as a file": tar_of(("a/b", b"b"), ("a", b"a")),
    "tar: line end": tar_of(("a\nb", b"a")),
    "tar: escape": tar_of(("a\x1b[2J", b"a")),
    "tar: dot": tar_of((".", b"a")),
    "tar: nothing": tar_of(),
    "tar: cut": PLAIN[:5000],
    "tar: a head of 8 GB": long_head(),
    "gz: bomb": gzip.compress(tar_of(("a", ZEROS))),
    "bz2: bomb": bz2.compress(tar_of(("a", ZEROS))),
    "xz: bomb": lzma.compress(tar_of(("a", ZEROS))),
    "gz: cut": gzip.compress(PLAIN)[:-20],
    "gz: damaged": gzip.compress(PLAIN)[:100] + b"\xff" * 50 + gzip.compress(PLAIN)[150:],
    "zip: from the root": zip_of(("/tmp/canary", b"a")),
    "zip: upwards": zip_of(("../canary", b"a")),
    "zip: backslash": zip_of(("..\\canary", b"a")),
    "zip: symbolic link": zip_of(("x", b"/tmp"), mode=stat.S_IFLNK | 0o777),
    "zip: device": zip_of(("x", b""), mode=stat.S_IFCHR | 0o666),
    "zip: bomb": zip_of(("a", ZEROS)),
    "zip: many small bombs": zip_of(*((f"{i}", bytes(1 << 20)) for i in range(80))),
    "zip: longer than it says": other_size(zip_of(("a", b"abc"), method=0), 1),
    "zip: shorter than it says": other_size(zip_of(("a", b"abc"), method=0), 1000),
    "zip: damaged": zip_of(("a", b"abc" * 1000)).replace(b"PK\x03\x04", b"PK\x03\x05"),
    "zip: nothing": zip_of(),
    "rubbish": b"rubbish" * 1000,
    "no byte": b"",
}


@pytest.mark.parametrize("kind", GOOD)
def test_every_file_is_unpacked(tmp_path, kind):
    (tmp_path / "archive").write_bytes(GOOD[kind])
    assert unpack(tmp_path / "archive", tmp_path / "out") == len(FILES)
    found = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert found == FILES


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_leaves_nothing(tmp_path, name):
    (tmp_path / "in").mkdir()
    archive = tmp_path / "in/archive"
    archive.write_bytes(HOSTILE[name])
    with pytest.raises(ReposeError, match=r"bad-archive.*in/archive; fetch it again") as caught:
        unpack(archive, tmp_path / "in/out")
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["archive", "in"]


def test_rights_in_an_archive_do_not_count(tmp_path):
    info = tarfile.TarInfo("a")
    info.mode, info.uid = 0o6777, 1234
    (tmp_path / "a.tar").write_bytes(tar_of(info))
    unpack(tmp_path / "a.tar", tmp_path / "out")
    assert not (tmp_path / "out/a").stat().st_mode & 0o7111


def test_more_members_than_any_data_set_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_MEMBERS", 2)
    (tmp_path / "a.tar").write_bytes(PLAIN)
    with pytest.raises(ReposeError, match=r"bad-archive.*more than 2 members"):
        unpack(tmp_path / "a.tar", tmp_path / "out")


def test_a_folder_that_is_there_is_left_alone(tmp_path, capsys):
    (tmp_path / "a.tar").write_bytes(PLAIN)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").touch()
    assert main(["unpack", str(tmp_path / "a.tar"), str(tmp_path / "out")]) == 2
    assert "the folder is there already" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_the_command_says_how_many_files_there_are(tmp_path, capsys):
    (tmp_path / "a.tar").write_bytes(PLAIN)
    assert main(["unpack", str(tmp_path / "a.tar"), str(tmp_path / "out")]) == 0
    assert "unpack: 3 files" in capsys.readouterr().out


def test_an_archive_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ReposeError, match=r"missing-file.*no such archive: nowhere"):
        unpack(type(tmp_path)("nowhere"), tmp_path / "out")
