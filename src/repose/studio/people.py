"""Who the people are: build, skin, hair, face."""

from dataclasses import dataclass

from repose.studio.strata import Strata

Colour = tuple[float, float, float]

SKINS: tuple[Colour, ...] = (
    (0.95, 0.80, 0.71),
    (0.91, 0.72, 0.60),
    (0.84, 0.64, 0.48),
    (0.74, 0.53, 0.38),
    (0.57, 0.38, 0.26),
    (0.40, 0.26, 0.18),
)
DARK_HAIR: tuple[Colour, ...] = (
    (0.10, 0.08, 0.07),
    (0.20, 0.13, 0.09),
    (0.13, 0.09, 0.07),
    (0.62, 0.61, 0.60),
    (0.38, 0.14, 0.10),
)
LIGHT_HAIR: tuple[Colour, ...] = (
    (0.80, 0.62, 0.36),
    (0.34, 0.21, 0.12),
    (0.55, 0.24, 0.10),
    (0.14, 0.10, 0.08),
    (0.72, 0.71, 0.70),
)
EYES: tuple[Colour, ...] = ((0.22, 0.13, 0.07), (0.25, 0.42, 0.56), (0.30, 0.40, 0.24))
FEMALE_HAIR = ("long", "bob", "ponytail", "bun", "curls", "cap")
MALE_HAIR = ("short", "crop", "curls", "bald", "quiff", "beanie")


@dataclass(frozen=True)
class Build:
    """Sizes of a body as shares of an average one; `female` runs from 0 to 1."""

    female: float
    height: float
    legs: float
    arms: float
    shoulders: float
    hips: float
    waist: float
    bulk: float
    depth: float
    limbs: float
    head: float
    neck: float
    jaw: float


@dataclass(frozen=True)
class Person:
    """One person, whatever they wear.

    Attributes:
        index: Which person; the seed of every draw.
        mirrored: Movements are carried out mirrored, left for right.
    """

    index: int
    build: Build
    skin: Colour
    hair: str
    hair_colour: Colour
    eyes: Colour
    beard: str
    glasses: bool
    mirrored: bool


def draw_person(index: int) -> Person:
    """Draw a person; consecutive indices differ as evenly as they can."""
    strata = Strata(index, "person")
    female = strata.pick("figure", (True, False))
    # Attributes that only one figure has are spread over the people of that figure.
    of_figure = Strata(index // 2, "female" if female else "male")
    tone = strata.pick("skin", tuple(range(len(SKINS))))
    hair_colours = LIGHT_HAIR if tone < 3 else DARK_HAIR
    hair = of_figure.pick("hair", FEMALE_HAIR if female else MALE_HAIR)
    beard = "none" if female else of_figure.pick("beard", ("none", "full", "none", "stubble"))
    return Person(
        index=index,
        build=_draw_build(strata, of_figure, female),
        skin=SKINS[tone],
        hair=hair,
        hair_colour=strata.pick("hair colour", hair_colours),
        eyes=strata.pick("eyes", EYES),
        beard=beard,
        glasses=strata.pick("glasses", (True, False, False, False)),
        mirrored=strata.pick("mirrored", (True, False)),
    )


def _draw_build(strata: Strata, of_figure: Strata, female: bool) -> Build:
    def by_figure(name: str, woman: tuple[float, float], man: tuple[float, float]) -> float:
        return of_figure.between(name, *(woman if female else man))

    return Build(
        female=by_figure("female", (0.7, 1.0), (0.0, 0.0)),
        height=by_figure("height", (0.90, 0.99), (0.95, 1.05)),
        legs=strata.between("legs", 0.96, 1.05),
        arms=strata.between("arms", 0.96, 1.05),
        shoulders=by_figure("shoulders", (0.87, 0.96), (0.97, 1.10)),
        hips=by_figure("hips", (1.00, 1.12), (0.92, 1.02)),
        waist=strata.between("waist", 0.92, 1.15),
        bulk=strata.between("bulk", 0.88, 1.16),
        depth=strata.between("depth", 0.92, 1.14),
        limbs=strata.between("limbs", 0.90, 1.12),
        head=strata.between("head", 1.02, 1.09),
        neck=by_figure("neck", (0.84, 0.92), (0.96, 1.10)),
        jaw=by_figure("jaw", (0.82, 0.94), (1.02, 1.20)),
    )
