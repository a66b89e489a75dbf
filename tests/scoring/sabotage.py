"""Ways to spoil a folder of images, by name: what is done, and what must be said of it.

`spoiled_files` and `spoiled_contents` register them.
"""

import cv2

from tests.scoring.bench import honest, read_png

SABOTAGES = {}


def sabotage(kind, said):
    """Register one: the kind under which it must be found, and words of its reason."""

    def register(spoil):
        SABOTAGES[spoil.__name__] = (spoil, kind, said)
        return spoil

    return register


def redrawn(change):
    """Spoil every image of an honest folder."""

    def draw(row):
        return change(honest(row))

    return draw


def files(folder):
    return sorted(folder.glob("*.png"))


def rewrite(path, image, extension=".png", settings=()):
    done, data = cv2.imencode(extension, image, settings)
    assert done
    path.write_bytes(data.tobytes())


def bgr(path):
    return read_png(path)[..., ::-1]


def spoil_each(folder, change):
    for path in files(folder):
        change(path)
