"""What the people wear."""

from dataclasses import dataclass

from repose.studio.people import Colour
from repose.studio.strata import Strata

PALETTE: dict[str, Colour] = {
    "white": (0.93, 0.92, 0.90),
    "black": (0.13, 0.13, 0.15),
    "grey": (0.55, 0.56, 0.58),
    "navy": (0.14, 0.19, 0.36),
    "red": (0.78, 0.16, 0.17),
    "green": (0.16, 0.46, 0.29),
    "yellow": (0.94, 0.77, 0.22),
    "sky": (0.47, 0.70, 0.88),
    "orange": (0.91, 0.47, 0.16),
    "purple": (0.43, 0.25, 0.56),
    "pink": (0.93, 0.60, 0.68),
    "teal": (0.11, 0.50, 0.54),
    "beige": (0.82, 0.73, 0.58),
    "brown": (0.40, 0.26, 0.17),
    "olive": (0.42, 0.43, 0.23),
    "wine": (0.47, 0.11, 0.21),
}
DENIM: tuple[Colour, ...] = ((0.17, 0.25, 0.42), (0.36, 0.48, 0.64), (0.16, 0.17, 0.21))
PATTERNS = ("solid", "hoops", "stripes", "tartan", "check", "dots", "diagonal", "halves")
LEG_PATTERNS = ("solid", "solid", "solid", "stripes", "tartan", "dots")
PRINTS = ("text", "star", "ring", "band", "heart", "none")
WORDS = ("GO", "42", "NYC", "ABC", "7", "3D", "UP")
BACK_NUMBERS = ("8", "10", "23", "5", "17", "")
FEMALE_TOPS = ("tshirt", "sweater", "tank", "blouse", "hoodie", "dress")
MALE_TOPS = ("tshirt", "hoodie", "sweater", "shirt", "tank", "polo")
FEMALE_BOTTOMS = ("trousers", "shorts", "skirt", "leggings", "wide")
MALE_BOTTOMS = ("trousers", "shorts", "wide", "cargo")

# Length of the sleeve as a share of the arm from shoulder to wrist; -1 is sleeveless.
SLEEVES = {"tshirt": 0.34, "polo": 0.30, "tank": -1.0, "dress": 0.20, "blouse": 0.62}
# Length of the leg's cloth as a share of the leg from hip to ankle.
LEGS = {"trousers": 0.98, "wide": 0.99, "cargo": 0.97, "leggings": 0.95, "shorts": 0.42}


@dataclass(frozen=True)
class Outfit:
    """Clothes of one person in one pair of clips.

    Attributes:
        sleeve: Share of the arm that is covered; negative without sleeves.
        leg: Share of the leg that is covered.
        loose_m: Distance of the cloth from the body.
        collar: Colour of neckline and cuffs.
        period_m: Size of one repeat of the top's pattern.
    """

    top: str
    bottom: str
    sleeve: float
    leg: float
    loose_m: float
    top_colours: tuple[Colour, Colour]
    pattern: str
    period_m: float
    raglan: bool
    neckline: str
    collar: Colour
    print_shape: str
    word: str
    number: str
    print_colour: Colour
    leg_colours: tuple[Colour, Colour]
    leg_pattern: str
    side_stripe: bool
    shoe: Colour
    sole: Colour
    sock_m: float
    hat: Colour
    folds: float


def draw_outfit(person: int, female: bool, outfit: int) -> Outfit:
    """Draw a person's outfit: even over consecutive people, and another draw for each outfit."""
    strata = Strata(person, f"outfit {outfit}")
    of_figure = Strata(person // 2, f"outfit {outfit} {'female' if female else 'male'}")
    top = of_figure.pick("top", FEMALE_TOPS if female else MALE_TOPS)
    bottom = of_figure.pick("bottom", FEMALE_BOTTOMS if female else MALE_BOTTOMS)
    bottom = "skirt" if top == "dress" else bottom
    names = tuple(PALETTE)
    main = strata.pick("top colour", names)
    second = _contrast(strata, "second colour", main)
    pattern = strata.pick("pattern", PATTERNS)
    leg_colours = _leg_colours(strata, main)
    if top == "dress":
        leg_colours = (PALETTE[main], PALETTE[second])
    return Outfit(
        top=top,
        bottom=bottom,
        sleeve=SLEEVES.get(top, 0.97),
        leg=LEGS.get(bottom, strata.between("skirt length", 0.26, 0.55)),
        loose_m=strata.between("loose", 0.006, 0.020),
        top_colours=(PALETTE[main], PALETTE[second]),
        pattern=pattern,
        period_m=strata.between("period", 0.07, 0.12),
        raglan=strata.pick("raglan", (True, False, False)) and pattern == "solid",
        neckline="crew" if top not in ("blouse", "tank") else strata.pick("neck", ("v", "scoop")),
        collar=PALETTE[second],
        print_shape="none" if top == "shirt" else strata.pick("print", PRINTS),
        word=strata.pick("word", WORDS),
        number=strata.pick("number", BACK_NUMBERS),
        print_colour=PALETTE[_contrast(strata, "print colour", main)],
        leg_colours=leg_colours,
        leg_pattern=pattern if top == "dress" else strata.pick("leg pattern", LEG_PATTERNS),
        side_stripe=bottom != "skirt" and strata.pick("side stripe", (True, False, False)),
        shoe=PALETTE[strata.pick("shoe", names)],
        sole=strata.pick("sole", (PALETTE["white"], PALETTE["white"], PALETTE["black"])),
        sock_m=strata.pick("sock", (0.0, 0.16, 0.11)),
        hat=PALETTE[_contrast(strata, "hat", main)],
        folds=strata.between("folds", 0.6, 1.3),
    )


def _contrast(strata: Strata, attribute: str, against: str) -> str:
    """Pick a palette colour that can be told from another one by its lightness."""
    options = tuple(
        name for name in PALETTE if abs(_light(PALETTE[name]) - _light(PALETTE[against])) > 0.22
    )
    return strata.pick(f"{attribute} on {against}", options)


def _leg_colours(strata: Strata, top: str) -> tuple[Colour, Colour]:
    plain = strata.pick("leg colour", (*DENIM, *(PALETTE[n] for n in PALETTE if n != top)))
    other = max(PALETTE.values(), key=lambda colour: abs(_light(colour) - _light(plain)))
    return plain, other


def _light(colour: Colour) -> float:
    red, green, blue = colour
    return 0.3 * red + 0.59 * green + 0.11 * blue
