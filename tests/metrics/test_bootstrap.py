"""Intervals: their coverage, the laws they must keep, and what they cannot say."""

import numpy as np
import pytest

from repose.metrics.bootstrap import mean_estimate, ratio_estimate

DRAWS = 600


def people(seed, persons, shared, own):
    """Pairs whose values share a part within each person; the true mean is 0."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(persons), rng.integers(5, 15, persons))
    return rng.normal(0, shared, persons)[who] + rng.normal(0, own, len(who)), who


@pytest.mark.parametrize("persons", [4, 12])
def test_covers_the_truth_95_times_in_100(persons):
    hits = 0
    for seed in range(1000):
        values, who = people(seed, persons, 1, 1)
        estimate = mean_estimate(values, who, draws=300, seed=seed)
        hits += estimate.low <= 0 <= estimate.high
    assert 930 <= hits <= 970


def test_pairs_of_one_person_are_not_independent():
    values, who = people(0, 8, 1, 0.1)
    by_person = mean_estimate(values, who, draws=DRAWS, seed=0)
    by_pair = mean_estimate(values, np.arange(len(values)), draws=DRAWS, seed=0)
    assert by_person.value == pytest.approx(by_pair.value)
    assert by_person.high - by_person.low > 2 * (by_pair.high - by_pair.low)


def test_standard_error_equals_the_formula():
    """With equally many pairs per person: t * s / sqrt(K) of the persons' means."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(6, 10))
    estimate = mean_estimate(values.ravel(), np.repeat(np.arange(6), 10), draws=200_000, seed=0)
    error = values.mean(axis=1).std(ddof=1) / np.sqrt(6)
    half = 2.5706 * error  # 97.5 % point of Student's t with 5 degrees of freedom
    assert (estimate.high - estimate.low) / 2 == pytest.approx(half, rel=0.01)


def test_shift_and_scale_move_the_interval_along():
    values, who = people(2, 6, 1, 1)
    plain = mean_estimate(values, who, draws=DRAWS, seed=3)
    moved = mean_estimate(10 * values + 5, who, draws=DRAWS, seed=3)
    assert moved.low == pytest.approx(10 * plain.low + 5)
    assert moved.high == pytest.approx(10 * plain.high + 5)


def test_order_and_names_of_persons_do_not_matter():
    values, who = people(3, 6, 1, 1)
    order = np.random.default_rng(0).permutation(len(values))
    names = np.array([f"p{w}" for w in who])
    a = mean_estimate(values, who, draws=DRAWS, seed=0)
    b = mean_estimate(values[order], names[order], draws=DRAWS, seed=0)
    assert (a.low, a.high) == pytest.approx((b.low, b.high))


def test_missing_scores_are_left_out_and_counted():
    estimate = mean_estimate([1.0, np.nan, 3.0, np.inf], ["a", "b", "c", "d"], draws=DRAWS, seed=0)
    assert (estimate.value, estimate.pairs, estimate.persons) == (2, 2, 2)


def test_one_person_has_a_value_but_no_interval():
    estimate = mean_estimate([1.0, 2.0], ["a", "a"], draws=DRAWS, seed=0)
    assert estimate.value == 1.5
    assert not estimate.has_interval
    assert not estimate.excludes(0)
    assert np.isnan(mean_estimate([], [], draws=DRAWS, seed=0).value)


def test_interval_stays_among_possible_values():
    estimate = mean_estimate([0.0, 1.0], ["a", "b"], draws=DRAWS, seed=0, bounds=(0, 1))
    assert (estimate.low, estimate.high) == (0, 1)


def test_ratio_of_a_score_to_a_multiple_of_itself_is_certain():
    values = np.exp(people(4, 6, 0.5, 0.5)[0])
    who = people(4, 6, 0.5, 0.5)[1]
    estimate = ratio_estimate(0.6 * values, values, who, draws=DRAWS, seed=0)
    assert (estimate.low, estimate.value, estimate.high) == pytest.approx((0.6, 0.6, 0.6))
    assert estimate.excludes(1)


def test_turning_a_ratio_round_turns_its_interval_round():
    a, who = people(5, 6, 0.5, 0.5)
    b, _ = people(5, 6, 0.5, 0.5)
    b = np.exp(b[::-1])
    plain = ratio_estimate(np.exp(a), b, who, draws=DRAWS, seed=0)
    turned = ratio_estimate(b, np.exp(a), who, draws=DRAWS, seed=0)
    assert (turned.low, turned.high) == pytest.approx((1 / plain.high, 1 / plain.low))


def test_ratio_without_anything_below_is_not_a_number():
    assert np.isnan(ratio_estimate([1.0, 1], [0.0, 0], ["a", "b"], draws=DRAWS, seed=0).value)


def test_same_seed_same_interval():
    values, who = people(6, 6, 1, 1)
    assert mean_estimate(values, who, draws=DRAWS, seed=1) == mean_estimate(
        values, who, draws=DRAWS, seed=1
    )
