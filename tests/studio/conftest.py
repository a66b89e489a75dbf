from dataclasses import replace

import pytest

from repose.studio.mesh import Figure, make_figure
from repose.studio.outfits import draw_outfit
from repose.studio.people import draw_person
from repose.studio.room import make_camera, make_room
from repose.studio.shadows import Lamp, hang_lamp

SIZE = 96


@pytest.fixture(scope="session")
def figure() -> Figure:
    """A man in a sweater: symmetric but for chest print and back number."""
    person = replace(draw_person(5), mirrored=False)
    outfit = replace(draw_outfit(5, False, 0), pattern="solid", number="8")
    return make_figure(person, outfit, 0.016)


@pytest.fixture(scope="session")
def lamp() -> Lamp:
    return hang_lamp(make_room(make_camera(SIZE), 0))
