import dataclasses

import pytest

from repose import models
from repose.errors import ReposeError
from repose.models import warp3d
from tests.models.toys import SIZE, TOY


def test_networks_are_the_modules_that_build_one():
    assert models.networks() == ["deformable", "pg2", "posewarp", "vunet25d", "warp3d"]
    assert models.load("warp3d") is warp3d


@pytest.mark.parametrize(
    ("block", "code", "said"),
    [
        (TOY | {"network": "wrap3d"}, "unknown-network", "did you mean 'warp3d'?"),
        (TOY | {"network": "blocks"}, "unknown-network", "known: deformable, pg2"),
        (TOY | {"chanels": 8}, "unknown-key", "did you mean 'channels'?"),
        ({k: v for k, v in TOY.items() if k != "network"}, "missing-key", "network"),
        ({k: v for k, v in TOY.items() if k != "depth"}, "missing-key", "'depth'"),
        (TOY | {"warp": "4d"}, "bad-network", "3d or 2d"),
        (TOY | {"compat": ["noize"]}, "bad-network", "did you mean 'noise'?"),
        (TOY | {"decoder_ups": [0]}, "bad-network", "stride"),
        (TOY | {"encoder_units": [1, 1]}, "bad-network", "encoder_units"),
        (TOY | {"inpainter_widths": [8] * 6, "inpainter_kernels": [3] * 6}, "bad-network", "64"),
    ],
)
def test_a_wrong_block_is_named(block, code, said):
    with pytest.raises(ReposeError) as error:
        models.build_model(block, SIZE)
    assert error.value.code == code
    assert said in str(error.value)


def test_a_config_has_no_defaults():
    for field in dataclasses.fields(warp3d.Config):
        assert field.default is dataclasses.MISSING
