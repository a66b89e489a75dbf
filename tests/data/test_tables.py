import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from repose.data import tables
from repose.data.schemas import SCHEMAS
from repose.errors import ReposeError

TEXT = "ein Weg, 人, with 'quotes' and\nlines"


def example(name: str, rows: int = 3) -> pd.DataFrame:
    """Make rows that fit a schema, from the types in it alone."""
    schema, rng = SCHEMAS[name], np.random.default_rng(0)
    columns = {}
    for key, column in schema.columns.items():
        kind = str(column.type)
        if column.width:
            columns[key] = tables.vectors(rng.normal(size=(rows, column.width)))
        elif column.among:
            columns[key] = [column.among[i % len(column.among)] for i in range(rows)]
        elif kind == "string":
            columns[key] = [f"{TEXT} {i}" for i in range(rows)]
        elif kind == "binary":
            columns[key] = [bytes([i, 0, 255]) for i in range(rows)]
        elif kind == "bool":
            columns[key] = [i % 2 == 0 for i in range(rows)]
        else:
            columns[key] = np.arange(1, rows + 1)
    return pd.DataFrame(columns)


def equal(left: pd.DataFrame, right: pd.DataFrame) -> bool:
    return list(left.columns) == list(right.columns) and all(
        np.array_equal(a, b) for name in left for a, b in zip(left[name], right[name], strict=True)
    )


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.parametrize("rows", [0, 3])
def test_what_was_written_is_read(name, rows, tmp_path):
    frame, path = example(name, rows), tmp_path / "table.parquet"
    tables.write_table(frame, path, name, {"size": [64, 64]})
    assert equal(tables.read_table(path, name), frame)
    assert tables.table_metadata(path) == {"size": [64, 64]}


def test_parts_make_one_table_and_are_read_one_by_one(tmp_path):
    frame, path = example("masks", 5), tmp_path / "t.parquet"
    parts = [frame[:2], frame[2:], frame[:0]]
    assert tables.write_parts(iter(parts), path, "masks", {"size": 64}) == 5
    assert equal(tables.read_table(path, "masks"), frame)
    assert tables.table_metadata(path) == {"size": 64}
    read = [part.reset_index(drop=True) for part in tables.read_parts(path, "masks")]
    assert all(equal(a, b.reset_index(drop=True)) for a, b in zip(read, parts, strict=False))
    assert tables.write_parts([], path, "masks", {}) == 0
    assert equal(tables.read_table(path, "masks"), frame[:0])


def test_of_a_wrong_part_nothing_is_written_and_a_damaged_one_is_named(tmp_path):
    frame, path = example("masks", 4), tmp_path / "t.parquet"
    with pytest.raises(ReposeError, match=r"bad-table.*frame.*t\.parquet"):
        tables.write_parts([frame, frame.assign(frame=-1)], path, "masks", {})
    assert not list(tmp_path.iterdir())
    tables.write_parts([frame[:2], frame[2:]], path, "masks", {})
    pages = pq.ParquetFile(path).metadata.row_group(1).column(0)
    data = bytearray(path.read_bytes())
    first = pages.dictionary_page_offset or pages.data_page_offset
    data[first + pages.total_compressed_size // 2] ^= 1
    path.write_bytes(data)
    parts = tables.read_parts(path, "masks")
    assert equal(next(parts), frame[:2])
    with pytest.raises(ReposeError, match=r"bad-table.*t\.parquet"):
        next(parts)


def test_missing_numbers_stay_missing_numbers(tmp_path):
    frame = example("poses")
    frame["joints_px"] = tables.vectors(np.full((3, 19, 3), np.nan))
    tables.write_table(frame, tmp_path / "t.parquet", "poses", {})
    found = tables.stack(tables.read_table(tmp_path / "t.parquet", "poses")["joints_px"])
    assert found.shape == (3, 57)
    assert np.isnan(found).all()
    assert (
        pq.read_table(tmp_path / "t.parquet")["joints_px"].combine_chunks().values.null_count == 0
    )


def test_stack_undoes_vectors():
    array = np.random.default_rng(0).normal(size=(5, 19, 3)).astype(np.float32)
    column = pd.Series(tables.vectors(array), name="joints_px")
    assert np.array_equal(tables.stack(column), array.reshape(5, 57))
    assert tables.stack(column[:0]).shape == (0, 57)


def test_shards_are_read_as_one_table(tmp_path):
    frame = example("poses", 6)
    paths = [tmp_path / f"{k}.parquet" for k in range(3)]
    for path, part in zip(paths, (frame[:2], frame[2:2], frame[2:]), strict=True):
        tables.write_table(part.reset_index(drop=True), path, "poses", {})
    assert equal(tables.read_table(paths, "poses"), frame)
    assert tables.read_table([], "poses").empty


def test_a_row_may_not_come_twice_not_even_in_two_shards(tmp_path):
    frame = example("poses", 2)
    with pytest.raises(ReposeError, match="bad-table"):
        tables.write_table(pd.concat([frame, frame]), tmp_path / "t.parquet", "poses", {})
    for name in ("0.parquet", "1.parquet"):
        tables.write_table(frame, tmp_path / name, "poses", {})
    with pytest.raises(ReposeError, match="bad-table"):
        tables.read_table([tmp_path / "0.parquet", tmp_path / "1.parquet"], "poses")


def drop(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="person")


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (drop, "person"),
        (lambda f: f.assign(persom="x"), "persom"),
        (lambda f: f.assign(split="testing"), "split"),
        (lambda f: f.assign(pair=[0, 1, -1]), "pair"),
        (lambda f: f.assign(pair=[0.5, 1.0, 2.0]), "pair"),
        (lambda f: f.assign(person=["a", None, "b"]), "person"),
        (lambda f: f.assign(ssim="high"), "ssim"),
    ],
)
def test_a_wrong_table_names_file_and_column_and_is_not_written(change, column, tmp_path):
    path = tmp_path / "scores.parquet"
    with pytest.raises(ReposeError) as caught:
        tables.write_table(change(example("scores")), path, "scores", {})
    assert caught.value.code == "bad-table"
    assert f"'{column}'" in str(caught.value)
    assert str(path) in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_arrays_of_the_wrong_length_are_refused(tmp_path):
    frame = example("poses").assign(score=tables.vectors(np.zeros((3, 17))))
    with pytest.raises(ReposeError, match="'score'"):
        tables.write_table(frame, tmp_path / "t.parquet", "poses", {})


def test_another_table_or_another_file_is_refused(tmp_path):
    path = tmp_path / "t.parquet"
    tables.write_table(example("frames"), path, "frames", {})
    with pytest.raises(ReposeError, match="'frames'"):
        tables.read_table(path, "poses")
    example("accounting").to_parquet(path)
    with pytest.raises(ReposeError, match="not a table of repose"):
        tables.read_table(path, "accounting")
    path.write_bytes(b"")
    with pytest.raises(ReposeError, match="not a Parquet file"):
        tables.read_table(path, "accounting")
    with pytest.raises(ReposeError, match="missing-file"):
        tables.read_table(tmp_path / "none.parquet", "accounting")
    with pytest.raises(ReposeError, match="did you mean 'frames'"):
        tables.read_table(path, "frame")


def test_a_single_flipped_bit_is_found(tmp_path):
    path = tmp_path / "t.parquet"
    frame = example("masks", 2)
    frame["volume"] = [np.random.default_rng(i).bytes(5000) for i in range(2)]
    tables.write_table(frame, path, "masks", {})
    chunk = pq.read_metadata(path).row_group(0).column(list(frame).index("volume"))
    data = bytearray(path.read_bytes())
    # In the middle of random bytes, which look as good afterwards: only the checksum can tell.
    data[chunk.dictionary_page_offset + chunk.total_compressed_size // 4] ^= 1
    path.write_bytes(data)
    with pytest.raises(ReposeError, match="bad-table"):
        tables.read_table(path, "masks")


def test_a_failed_write_leaves_the_old_table(tmp_path):
    path = tmp_path / "t.parquet"
    tables.write_table(example("frames", 2), path, "frames", {})
    with pytest.raises(ReposeError):
        tables.write_table(drop(example("scores")), path, "scores", {})
    assert len(tables.read_table(path, "frames")) == 2
