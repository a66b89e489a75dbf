"""Folders that are spoiled by names, numbers and formats of their files."""

import shutil

import cv2
import numpy as np

from repose.data.packs import encode
from tests.scoring.bench import (
    fashion_name,
    habit_cfld,
    honest,
    picture,
    plain_name,
    read_png,
    stem,
    write_folder,
)
from tests.scoring.sabotage import bgr, files, redrawn, rewrite, sabotage, spoil_each


@sabotage("missing", "pair 7: fashionWOMEN")
def one_is_missing(folder, bench):
    write_folder(folder, bench)
    row = bench.pairs.iloc[7]
    (folder / habit_cfld(row)).unlink()


@sabotage("extra", "no pair of the list has this source and target")
def one_too_many(folder, bench):
    write_folder(folder, bench)
    name = f"{stem(fashion_name('t0', 0))}_to_{stem(fashion_name('t0', 1))}.png"
    (folder / name).write_bytes(encode(picture("t0", 5), "png"))


@sabotage("missing", "pair 0: fashionWOMEN")
def numbered_from_one(folder, bench):
    write_folder(folder, bench, habit=lambda row: f"{row.pair + 1:03d}.png")


@sabotage("extra", "pairs are numbered from 0 to 40")
def numbered_from_a_hundred(folder, bench):
    write_folder(folder, bench, habit=lambda row: f"{row.pair + 100:03d}.png")


@sabotage("size", "48x48 px, not 64x64")
def smaller(folder, bench):
    write_folder(folder, bench, redrawn(lambda image: cv2.resize(image, (48, 48))))


@sabotage("strip", "192x64 px, not 64x64: 3 pictures")
def a_strip(folder, bench):
    def draw(row):
        ends = (picture(row.person, frame) for frame in (row.source_frame, row.target_frame))
        return np.concatenate([*ends, honest(row)], axis=1)

    write_folder(folder, bench, draw)


@sabotage("name", "epoch_200_img_A.png")
def names_of_no_use(folder, bench):
    letters = iter("abcdefghijklmnopqrstuvwxyzABCDEFGHIJK")
    write_folder(folder, bench, habit=lambda row: f"epoch_200_img_{next(letters)}.png")


@sabotage("twice", "as fashionWOMEN")
def two_files_for_a_pair(folder, bench):
    write_folder(folder, bench)
    first = files(folder)[0]
    first.with_name(f"{first.stem}_vis.png").write_bytes(files(folder)[1].read_bytes())


@sabotage("twice", "as epoch_10/")
def two_epochs_in_one_folder(folder, bench):
    write_folder(folder / "epoch_10", bench)
    write_folder(folder / "epoch_20", bench)


@sabotage("swapped", "_to_fashionWOMEN")
def target_before_source(folder, bench):
    def habit(row):
        return f"{stem(row.target_name)}_to_{stem(row.source_name)}.png"

    write_folder(folder, bench, habit=habit)


@sabotage("jpeg", "its losses count as the method's")
def saved_as_jpeg(folder, bench):
    write_folder(folder, bench)
    for path in files(folder):
        rewrite(path.with_suffix(".jpg"), bgr(path), ".jpg")
        path.unlink()


@sabotage("jpeg", "whatever its name says")
def jpeg_named_png(folder, bench):
    write_folder(folder, bench)
    spoil_each(folder, lambda path: rewrite(path, bgr(path), ".jpg"))


@sabotage("format", "neither PNG nor JPEG")
def saved_as_bmp(folder, bench):
    write_folder(folder, bench)
    for path in files(folder):
        rewrite(path.with_suffix(".bmp"), bgr(path), ".bmp")
        path.unlink()


@sabotage("grey", "one channel")
def one_channel(folder, bench):
    write_folder(folder, bench)
    spoil_each(folder, lambda path: rewrite(path, bgr(path)[..., 1]))


@sabotage("alpha", "a channel of opacity")
def with_opacity(folder, bench):
    write_folder(folder, bench)
    spoil_each(folder, lambda p: rewrite(p, np.dstack([bgr(p), np.full((64, 64), 255, np.uint8)])))


@sabotage("depth", "16 bits")
def sixteen_bits(folder, bench):
    write_folder(folder, bench)
    spoil_each(folder, lambda path: rewrite(path, bgr(path).astype(np.uint16) * 257))


@sabotage("palette", "colours were reduced")
def with_a_palette(folder, bench):
    from PIL import Image

    write_folder(folder, bench)
    for path in files(folder):
        Image.fromarray(read_png(path)).quantize(64).save(path)


@sabotage("damaged", "before the image does")
def cut_short(folder, bench):
    write_folder(folder, bench)
    first = files(folder)[0]
    first.write_bytes(first.read_bytes()[:900])


@sabotage("damaged", "its part IDAT was changed")
def a_byte_changed(folder, bench):
    write_folder(folder, bench)
    data = bytearray(files(folder)[0].read_bytes())
    data[len(data) // 2] ^= 1
    files(folder)[0].write_bytes(data)


@sabotage("damaged", "no bytes")
def an_empty_file(folder, bench):
    write_folder(folder, bench)
    files(folder)[0].write_bytes(b"")


@sabotage("damaged", "no image")
def a_page_of_an_error(folder, bench):
    write_folder(folder, bench)
    files(folder)[0].write_text("<html>404 Not Found</html>")


@sabotage("benchmark", "of other")
def of_another_benchmark(folder, bench):
    def habit(row):
        return "_2_".join(plain_name(row.person, f) for f in (row.source_frame, row.target_frame))

    write_folder(folder, bench, habit=lambda row: f"{habit(row)}_vis.png")


@sabotage("link", "outside.png")
def a_link_that_leads_out(folder, bench):
    write_folder(folder, bench)
    elsewhere = folder.parent / "elsewhere.png"
    shutil.copy(files(folder)[0], elsewhere)
    (folder / "outside.png").symlink_to(elsewhere)


@sabotage("ambiguous", "pair 30, pair 36")
def only_the_target_named(folder, bench):
    write_folder(folder, bench)
    one = bench.pairs[bench.pairs["target_name"].duplicated(keep=False)].iloc[0]
    (folder / habit_cfld(one)).rename(folder / f"{stem(one.target_name)}_fake.png")
