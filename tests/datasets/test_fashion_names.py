"""DeepFashion's images are the same in every spelling, and nothing else is taken for one."""

import pytest

from repose.datasets.fashion_names import (
    CATEGORIES,
    VIEWS,
    FashionName,
    parse,
    parse_all,
    parse_outfit,
    same,
)

BACK = FashionName("WOMEN", "Blouses_Shirts", "00000693", "02", "3", "back")

SPELLED = (
    "img/WOMEN/Blouses_Shirts/id_00000693/02_3_back.jpg",
    "/data/DeepFashion/img_highres/WOMEN/Blouses_Shirts/id_00000693/02_3_back.jpg",
    r"img\WOMEN\Blouses_Shirts\id_00000693\02_3_back.jpg",
    "img/WOMEN/Blouses_Shirts/id_00000693/02_3_back.png",
    "WOMEN/Blouses_Shirts/id_00000693/02_3_back",
    "fashionWOMENBlouses_Shirtsid0000069302_3back.jpg",
    "fashionWOMENBlouses_Shirtsid0000069302_3back",
    "fasionWOMENBlousesShirtsid0000069302_3back.jpg",
    "fasionWOMENBlouses_Shirtsid0000069302_3back.jpg",
    "fashion_data/train/fashionWOMENBlouses_Shirtsid0000069302_3back.jpg",
    "WOMENBlouses_Shirtsid0000069302_3back.jpg",
    "WOMEN_Blouses_Shirts_id_00000693_02_3_back.png",
    "WOMEN-Blouses_Shirts-id_00000693-02_3_back.png",
    "images/WOMEN/Blouses_Shirts/id_00000693/02/3_back.jpg",
    "images/WOMEN/Blouses_Shirts/id_00000693/02/02_3_back.jpg",
    "fashionWOMENBlouses_Shirtsid0000069302_3back_vis.png",
)


@pytest.mark.parametrize("name", SPELLED)
def test_every_spelling_is_the_same_image(name):
    assert parse(name) == BACK
    assert same(name, SPELLED[0])


def test_each_spelling_is_made_as_its_users_write_it():
    assert BACK.official == "img/WOMEN/Blouses_Shirts/id_00000693/02_3_back.jpg"
    assert BACK.patn == "fashionWOMENBlouses_Shirtsid0000069302_3back.jpg"
    assert BACK.siarohin == "fasionWOMENBlousesShirtsid0000069302_3back.jpg"
    assert BACK.knoche == "WOMEN/Blouses_Shirts/id_00000693/02"
    assert BACK.person == "WOMEN_id_00000693"


@pytest.mark.parametrize("gender", CATEGORIES)
def test_every_category_survives_every_spelling(gender):
    for category in CATEGORIES[gender]:
        for view in VIEWS:
            name = FashionName(gender, category, "00007982", "05", "7", view)
            for spelled in (name.official, name.patn, name.siarohin):
                assert parse(spelled) == name, spelled


def test_a_result_names_source_and_target():
    front, men = "fashionWOMENDenimid0000136703_1front", "fashionMENDenimid0000008001_4full"
    for joined in (
        f"{front}.jpg___{men}.jpg_vis.jpg",
        f"{front}___{men}.png",
        f"{front}_2_{men}_vis.png",
        f"{front}_to_{men}.png",
        f"out/{front}2{men}.jpg",
    ):
        assert [one.patn for one in parse_all(joined)] == [f"{front}.jpg", f"{men}.jpg"], joined
        assert parse(joined) is None
    tree = "WOMEN_Dresses_id_00000262_03_1_front_2_WOMEN_Dresses_id_00000262_03_3_back_vis.png"
    assert [(one.shot, one.view) for one in parse_all(tree)] == [("1", "front"), ("3", "back")]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "0002_c1s1_000451_03.jpg",
        "fashionWOMENDenim.jpg",
        "fashionWOMENDenimid000013670_1front.jpg",  # a digit too few
        "fashionWOMENDenimid00001367031_1front.jpg",  # one too many
        "fashionWOMENDenimid0000136703_1top.jpg",
        "fashionKIDSDenimid0000136703_1front.jpg",
        "img/WOMEN/Denim/id_00001367/03.jpg",
    ],
)
def test_other_names_are_no_images_of_deepfashion(name):
    assert parse(name) is None
    assert not same(name, name)


def test_images_that_differ_in_anything_are_not_the_same():
    others = [
        "img/MEN/Denim/id_00000693/02_3_back.jpg",
        "img/WOMEN/Blouses_Shirts/id_00000694/02_3_back.jpg",
        "img/WOMEN/Blouses_Shirts/id_00000693/03_3_back.jpg",
        "img/WOMEN/Blouses_Shirts/id_00000693/02_4_back.jpg",
        "img/WOMEN/Blouses_Shirts/id_00000693/02_3_side.jpg",
        "img/WOMEN/Tees_Tanks/id_00000693/02_3_back.jpg",
    ]
    assert not any(same(SPELLED[0], other) for other in others)


def test_an_outfit_is_read_where_no_image_is_named():
    found = parse_outfit("WOMEN/Denim/id_00001367/03")
    assert found == FashionName("WOMEN", "Denim", "00001367", "03")
    assert parse_outfit("fasionWOMENBlousesShirtsid0000069302").knoche == BACK.knoche
    assert parse_outfit("nothing") is None


def test_a_category_of_another_release_is_kept_alike_in_all_spellings():
    assert same("img/WOMEN/Rain_Coats/id_00000001/01_1_front.jpg",
                "fasionWOMENRainCoatsid0000000101_1front.jpg")  # fmt: skip
