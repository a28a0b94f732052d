"""Normal equations gathered in one pass are those of the whole design."""

import numpy as np
import pytest

from analysis.growth import normal


def test_blocks_are_those_of_the_whole_design():
    chance = np.random.default_rng(3)
    m, dates, pixels, k = 5, 3, 7, 2
    jac, drift = chance.normal(size=(m, dates, pixels)), chance.normal(size=(2, dates, pixels))
    weight, cover = chance.random((dates, pixels)), chance.random((dates, pixels))
    rest, bare = chance.normal(size=(dates, pixels)), chance.random((dates, pixels))
    mixing = chance.normal(size=(dates, k))
    found = normal.gather(jac, drift, weight, rest, cover, bare, mixing)
    # the design with every unknown in a column: parameters, levels, moves, fields
    columns = [j.ravel() for j in jac]
    for t in range(dates):
        only = np.zeros((dates, pixels))
        only[t] = 1.0
        columns += [(only * v).ravel() for v in (cover, drift[0], drift[1])]
    for p in range(pixels):
        for i in range(k):
            only = np.zeros((dates, pixels))
            only[:, p] = 1.0
            columns.append((only * bare * mixing[:, i : i + 1]).ravel())
    design = np.column_stack(columns)
    whole = design.T @ (weight.ravel()[:, None] * design)
    right = design.T @ (weight * rest).ravel()
    assert found.own == pytest.approx(whole[:m, :m])
    assert found.right == pytest.approx(right[:m])
    first = m + 3 * dates
    for t in range(dates):
        level = m + 3 * t
        move = slice(level + 1, level + 3)
        assert found.level[:, t] == pytest.approx(whole[:m, level])
        assert found.move[:, t] == pytest.approx(whole[:m, move])
        assert found.levels[t] == pytest.approx(whole[level, level])
        assert found.level_move[t] == pytest.approx(whole[level, move])
        assert found.moves[t] == pytest.approx(whole[move, move])
        assert found.level_right[t] == pytest.approx(right[level])
        assert found.move_right[t] == pytest.approx(right[move])
        assert found.level_field[t].ravel() == pytest.approx(whole[level, first:])
        assert found.move_field[t].reshape(2, -1) == pytest.approx(whole[move, first:])
    assert found.field.reshape(m, -1) == pytest.approx(whole[:m, first:])
    assert found.field_right.ravel() == pytest.approx(right[first:])
    for p in range(pixels):
        own = slice(first + k * p, first + k * (p + 1))
        assert found.fields[p] == pytest.approx(whole[own, own])


def test_whitened_cross_terms_reduce_to_the_schur_complement():
    chance = np.random.default_rng(4)
    cross = chance.normal(size=(4, 6, 3))
    roots = np.linalg.cholesky(np.eye(3) + 0.1 * np.ones((6, 3, 3)))
    made = normal.whitened(cross, roots)
    expected = sum(cross[:, p] @ roots[p] @ roots[p].T @ cross[:, p].T for p in range(6))
    assert made @ made.T == pytest.approx(expected)
