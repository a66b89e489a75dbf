"""Charts: in the ink of the page, the same every time, and readable with many models."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from repose.data.packs import decode
from repose.metrics.bootstrap import Estimate
from repose.metrics.scores import SCORE
from repose.report.figures import (
    INK,
    colours_of,
    dashes_of,
    draw_curves,
    draw_intervals,
    save_png,
    to_svg,
)


def chart():
    log = pd.DataFrame({"step": range(50), "l1": np.linspace(1, 0.2, 50)})
    return draw_curves("L1", {"deep": log}, "l1", colours_of(["deep"]))


def test_charts_take_the_ink_of_the_page(tmp_path):
    svg = to_svg(chart(), "curve_l1")
    assert svg.startswith("<svg")
    assert INK not in svg
    assert "currentColor" in svg
    assert "viewBox" in svg
    assert 'id="curve_l1-' in svg
    save_png(chart(), tmp_path / "chart.png")
    assert decode((tmp_path / "chart.png").read_bytes()).std() > 5


def test_charts_are_the_same_every_time():
    assert to_svg(chart(), "a") == to_svg(chart(), "a")


def test_intervals_of_what_was_not_measured_are_not_drawn():
    nothing = Estimate(np.nan, np.nan, np.nan, 0, 0)
    estimates = {"a": Estimate(0.5, 0.4, 0.6, 8, 4), "b": Estimate(0.4, np.nan, np.nan, 8, 1)}
    figure = draw_intervals(
        SCORE["ssim"], estimates | {"c": nothing}, colours_of(["a", "b"], ["c"])
    )
    assert isinstance(figure, Figure)
    (axes,) = figure.axes
    assert len(axes.lines) == 3  # a line and a dot for a, a dot for b


def test_every_model_has_a_line_of_its_own():
    names = [f"model{i}" for i in range(20)]
    colours = colours_of(names, ["copy"])
    dashes = dashes_of(colours)
    assert len({(colours[name], str(dashes[name])) for name in names}) == 20
    assert {str(dashes[name]) for name in names[:8]} == {"-"}


@pytest.mark.parametrize("count", [2, 12])
def test_the_legend_names_all_models_and_hides_no_curve(count):
    log = pd.DataFrame({"step": range(50), "l1": np.linspace(1, 0.2, 50)})
    names = [f"model{i}" for i in range(count)]
    figure = draw_curves("L1", dict.fromkeys(names, log), "l1", colours_of(names))
    (axes,) = figure.axes
    legends = [*figure.legends, *([axes.legend_] if axes.legend_ else [])]
    assert [text.get_text() for text in legends[0].get_texts()] == names
    assert bool(figure.legends) == (count > 5)  # below the axes
    figure.draw_without_rendering()
    if figure.legends:
        assert legends[0].get_window_extent().y1 < axes.get_window_extent().y0


def test_intervals_of_many_methods_have_room():
    estimates = {f"model{i}": Estimate(0.5, 0.4, 0.6, 8, 4) for i in range(14)}
    figure = draw_intervals(SCORE["ssim"], estimates, colours_of(list(estimates)))
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].get_yticklabels()]
    assert all(above.y0 >= below.y1 for above, below in pairwise(boxes))
