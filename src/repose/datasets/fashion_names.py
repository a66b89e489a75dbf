"""The names of DeepFashion's images: three spellings, and what programs make of them.

    img/WOMEN/Blouses_Shirts/id_00000693/02_3_back.jpg     the data set's own
    fashionWOMENBlouses_Shirtsid0000069302_3back.jpg       PATN, GFLA and their successors
    fasionWOMENBlousesShirtsid0000069302_3back.jpg         Siarohin et al.

Knoche's fashion3d has the outfit as a folder (WOMEN/Denim/id_00001367/03/1_front.jpg). Results of
others join two such names in one, as in `<source>.jpg___<target>.jpg_vis.jpg` or
`<source>_2_<target>_vis.png`, and some put `_` or `-` in the place of `/`.
"""

import re
from dataclasses import dataclass

CATEGORIES = {
    "WOMEN": (
        *("Blouses_Shirts", "Cardigans", "Denim", "Dresses", "Graphic_Tees", "Jackets_Coats"),
        *("Leggings", "Pants", "Rompers_Jumpsuits", "Shorts", "Skirts", "Sweaters"),
        *("Sweatshirts_Hoodies", "Tees_Tanks"),
    ),
    "MEN": (
        *("Denim", "Jackets_Vests", "Pants", "Shirts_Polos", "Shorts", "Suiting", "Sweaters"),
        *("Sweatshirts_Hoodies", "Tees_Tanks"),
    ),
}
VIEWS = ("front", "side", "back", "full", "additional", "flat")


def _plain(category: str) -> str:
    return re.sub(r"[^a-z]", "", category.lower())


_OFFICIAL = {_plain(name): name for names in CATEGORIES.values() for name in names}

_BETWEEN = r"[/\\_-]"
_OUTFIT = (
    rf"(?P<gender>WOMEN|MEN){_BETWEEN}*(?P<category>[A-Za-z]+(?:[_-][A-Za-z]+)*?){_BETWEEN}*"
    rf"id_?(?P<number>[0-9]{{8}}){_BETWEEN}*(?P<outfit>[0-9]{{2}})(?![0-9])"
)
_IMAGE = re.compile(
    rf"{_OUTFIT}{_BETWEEN}(?:(?P=outfit)_)?(?P<shot>[0-9])_?(?P<view>{'|'.join(VIEWS)})"
)
_OUTFIT_ALONE = re.compile(_OUTFIT)


@dataclass(frozen=True, order=True)
class FashionName:
    """One image, however it is spelled.

    Args:
        gender: WOMEN or MEN.
        category: As the data set spells it, such as Blouses_Shirts; a category that it does not
            have is spelled as found, without what separates words.
        number: Of the garment, eight digits.
        outfit: Of the garment's colours, two digits.
        shot: Of the outfit's images, one digit.
        view: One of `VIEWS`.
    """

    gender: str
    category: str
    number: str
    outfit: str
    shot: str = ""
    view: str = ""

    @property
    def person(self) -> str:
        """Name the garment, which stands for the person: one model wears it in all colours."""
        return f"{self.gender}_id_{self.number}"

    @property
    def official(self) -> str:
        """Spell it as the data set does."""
        name = f"{self.outfit}_{self.shot}_{self.view}.jpg"
        return f"img/{self.gender}/{self.category}/id_{self.number}/{name}"

    @property
    def patn(self) -> str:
        """Spell it as PATN and GFLA do."""
        return f"fashion{self.gender}{self.category}{self._rest}"

    @property
    def siarohin(self) -> str:
        """Spell it as Siarohin et al. do."""
        return f"fasion{self.gender}{self.category.replace('_', '')}{self._rest}"

    @property
    def knoche(self) -> str:
        """Spell the outfit as a folder of fashion3d."""
        return f"{self.gender}/{self.category}/id_{self.number}/{self.outfit}"

    @property
    def _rest(self) -> str:
        return f"id{self.number}{self.outfit}_{self.shot}{self.view}.jpg"


def parse(name: str) -> FashionName | None:
    """Read the name of one image: a file name or a path in any spelling, with any ending.

    Returns:
        None where the text names no image of DeepFashion, or several.
    """
    found = parse_all(name)
    return found[0] if len(found) == 1 else None


def parse_all(text: str) -> list[FashionName]:
    """Read every image that a text names, in order: results of others name source and target."""
    return [_made(found) for found in _IMAGE.finditer(text)]


def parse_outfit(text: str) -> FashionName | None:
    """Read the outfit that a text names first, such as WOMEN/Denim/id_00001367/03.

    Returns:
        A name without shot and view, or None.
    """
    found = _OUTFIT_ALONE.search(text)
    return _made(found) if found else None


def same(a: str, b: str) -> bool:
    """Tell whether two spellings name the same image; what names none is the same as nothing."""
    first = parse(a)
    return first is not None and first == parse(b)


def _made(found: re.Match[str]) -> FashionName:
    facts = found.groupdict()
    plain = re.sub(r"[_-]", "", facts["category"])
    return FashionName(**facts | {"category": _OFFICIAL.get(_plain(plain), plain)})
