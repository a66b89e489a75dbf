"""Folders that are spoiled by what their images show."""

from types import SimpleNamespace

import cv2
import numpy as np

from repose.data.packs import encode
from tests.scoring.bench import (
    SIDE,
    habit_cfld,
    honest,
    picture,
    write_folder,
)
from tests.scoring.sabotage import bgr, files, redrawn, rewrite, sabotage


@sabotage("same", "as fashionWOMEN")
def the_same_bytes(folder, bench):
    write_folder(folder, bench)
    first, second = files(folder)[:2]
    second.write_bytes(first.read_bytes())


def with_target(row, frame):
    return SimpleNamespace(person=row.person, target_frame=frame, pair=row.pair)


@sabotage("reversed", "are like their source")
def the_pose_of_the_source(folder, bench):
    write_folder(folder, bench, lambda row: honest(with_target(row, row.source_frame)))


@sabotage("source", "exactly")
def copies_of_the_source(folder, bench):
    write_folder(folder, bench, lambda row: picture(row.person, row.source_frame))


def as_jpeg(image, quality=90):
    data = cv2.imencode(".jpg", image[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, quality))[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]


@sabotage("source", "stored again")
def sources_compressed(folder, bench):
    write_folder(folder, bench, lambda row: as_jpeg(picture(row.person, row.source_frame)))


@sabotage("truth", "exactly")
def one_true_image(folder, bench):
    write_folder(folder, bench)
    row = bench.pairs.iloc[3]
    true = picture(row.person, row.target_frame)
    (folder / habit_cfld(row)).write_bytes(encode(true, "png"))


@sabotage("truth", "stored again")
def true_images_compressed(folder, bench):
    write_folder(folder, bench, lambda row: as_jpeg(picture(row.person, row.target_frame)))


@sabotage("grey", "all channels equal")
def three_equal_channels(folder, bench):
    def draw(row):
        return np.repeat(honest(row)[..., 1:2], 3, axis=2)

    write_folder(folder, bench, draw)


@sabotage("blank", "images of one colour")
def nothing_drawn(folder, bench):
    write_folder(folder, bench)
    for path in files(folder)[:3]:
        path.write_bytes(encode(np.full((64, 64, 3), 127, np.uint8), "png"))


@sabotage("channels", "red and blue exchanged: colours agree by 0.9")
def red_and_blue_exchanged(folder, bench):
    write_folder(folder, bench, redrawn(lambda image: image[..., ::-1]))


@sabotage("binary", "values of 0 and 1 only")
def not_multiplied(folder, bench):
    write_folder(folder, bench, redrawn(lambda image: (image > 127).astype(np.uint8)))


@sabotage("range", "mean ")
def darkened(folder, bench):
    write_folder(folder, bench, redrawn(lambda image: (image * 0.45).astype(np.uint8)))


@sabotage("range", "of 255 levels")
def washed_out(folder, bench):
    write_folder(folder, bench, redrawn(lambda image: image // 2 + 127))


@sabotage("clipped", "of all values more are 0")
def dark_half_lost(folder, bench):
    def change(image):
        return np.clip((image / 127.5 - 1) * 255, 0, 255).astype(np.uint8)

    write_folder(folder, bench, redrawn(change))


@sabotage("mirrored", "mirrored: likeness")
def mirrored(folder, bench):
    write_folder(folder, bench, redrawn(lambda image: image[:, ::-1]))


@sabotage("mirrored", "upside down: likeness")
def upside_down(folder, bench):
    write_folder(folder, bench, redrawn(lambda image: image[::-1]))


@sabotage("mirrored", "rows and columns exchanged: likeness")
def rows_for_columns(folder, bench):
    write_folder(folder, bench, redrawn(lambda image: image.transpose(1, 0, 2)))


def write_mixed(folder, bench, order):
    """Save under each name the image of another pair."""
    rows = list(bench.pairs.query("split == 'test'").itertuples(index=False))
    others = {row.pair: rows[order(i) % len(rows)] for i, row in enumerate(rows)}
    write_folder(folder, bench, lambda row: honest(others[row.pair]))


@sabotage("order", "shifted by +1 in the order of the pairs")
def shifted_by_one(folder, bench):
    write_mixed(folder, bench, lambda i: i + 1)


@sabotage("order", "shifted by -1 in the order of the names")
def shifted_among_sorted_names(folder, bench):
    rows = list(bench.pairs.query("split == 'test'").itertuples())
    ranked = sorted(range(len(rows)), key=lambda i: numbered(rows[i]))
    place = {i: at for at, i in enumerate(ranked)}
    folder.mkdir(parents=True)
    for i, row in enumerate(rows):
        other = rows[ranked[place[i] - 1]]
        (folder / numbered(row)).write_bytes(encode(honest(other), "png"))


def numbered(row):
    return f"{row.pair}.png"  # 10 sorts before 2


@sabotage("order", "saved in the order of the pairs, named in that of sorted names")
def zipped_with_sorted_names(folder, bench):
    rows = list(bench.pairs.query("split == 'test'").itertuples())
    names = sorted(numbered(row) for row in rows)
    folder.mkdir(parents=True)
    for name, row in zip(names, rows, strict=True):
        (folder / name).write_bytes(encode(honest(row), "png"))


@sabotage("order", "in no order")
def shuffled(folder, bench):
    order = np.random.default_rng(0).permutation(37)
    write_mixed(folder, bench, lambda i: order[i])


@sabotage("order", "like the target of pair 20")
def two_exchanged(folder, bench):
    write_mixed(folder, bench, lambda i: {5: 20, 20: 5}.get(i, i))


@sabotage("same", "as fashionWOMEN")
def one_picture_in_two_files(folder, bench):
    write_folder(folder, bench)
    first, second = files(folder)[:2]
    rewrite(second, bgr(first), settings=(cv2.IMWRITE_PNG_COMPRESSION, 9))
    assert first.read_bytes() != second.read_bytes()


@sabotage("truth", "but for single levels")
def true_images_with_a_mark(folder, bench):
    def draw(row):
        image = picture(row.person, row.target_frame)
        image[0, 0] ^= 8
        return image

    write_folder(folder, bench, draw)


@sabotage("channels", "red, green, blue moved on: colours agree by 0.9")
def channels_moved_on(folder, bench):
    write_folder(folder, bench, redrawn(lambda image: image[..., [1, 2, 0]]))


@sabotage("channels", "18 of 37 images have red, green and blue in another order")
def red_and_blue_exchanged_in_half(folder, bench):
    write_folder(folder, bench, every_other(lambda image: image[..., ::-1]))


@sabotage("range", "inverted: brightness agrees by -0.9")
def negatives(folder, bench):
    write_folder(folder, bench, redrawn(lambda image: 255 - image))


@sabotage("mirrored", "18 of 37 images are mirrored")
def mirrored_by_chance(folder, bench):
    write_folder(folder, bench, every_other(lambda image: image[:, ::-1]))


def every_other(change):
    return lambda row: change(honest(row)) if row.pair % 2 else honest(row)


@sabotage("stretched", "sides cut off and stretched: likeness 0.9")
def stretched(folder, bench):
    write_folder(folder, bench, redrawn(lambda image: cv2.resize(image[:, 10:54], (SIDE, SIDE))))


@sabotage("stretched", "squeezed to the middle: likeness 0.9")
def squeezed(folder, bench):
    def change(image):
        small, border = cv2.resize(image, (44, SIDE)), cv2.BORDER_REPLICATE
        return cv2.copyMakeBorder(small, 0, 0, 10, 10, border)

    write_folder(folder, bench, redrawn(change))


@sabotage("stretched", "the middle half enlarged: likeness 0.9")
def enlarged(folder, bench):
    write_folder(folder, bench, redrawn(lambda i: cv2.resize(i[16:48, 16:48], (SIDE, SIDE))))


@sabotage("order", "like the target of pair")
def one_dropped_on_the_way(folder, bench):
    write_mixed(folder, bench, lambda i: i + (i > 17))
