"""Our batched additive network is ``nam_pytorch.NAM``: its parameters and its result."""

from __future__ import annotations

import nam_pytorch
import pytest
import torch

from trustai.zoo.architectures.nam import BatchedNAM

N, FEATURES = 24, 5


def rows() -> torch.Tensor:
    return 2 * torch.randn(N, FEATURES, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("link_func", ["sigmoid", "tanh"])
def test_the_same_parameters_give_the_same_result(link_func: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = nam_pytorch.NAM(FEATURES, link_func)
        ours = BatchedNAM(FEATURES, link_func)
    assert isinstance(ours, nam_pytorch.NAM)
    before = ours(rows())
    ours.load_state_dict(theirs.state_dict(), strict=True)
    found, expected = ours(rows()), theirs(rows())
    assert not torch.allclose(before, found, atol=1e-3)
    assert found.shape == expected.shape == (N, 1)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("units", ["relu", "exu"])
def test_other_shapes_run_through_the_parents_forward(units: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        ours = BatchedNAM(FEATURES, hidden=(16, 7), units=units)
    expected = nam_pytorch.NAM.forward(ours, rows())
    assert expected.std() > 1e-3
    torch.testing.assert_close(ours(rows()), expected, rtol=0, atol=1e-5)
    terms = ours.terms(rows())
    torch.testing.assert_close((terms.sum(1, keepdim=True) + ours.bias).sigmoid(), ours(rows()))


def test_the_gradients_are_theirs_too() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        ours = BatchedNAM(FEATURES)
    x = rows()[:4]
    ours(x).sum().backward()
    found = [p.grad.clone() for p in ours.parameters()]
    ours.zero_grad()
    nam_pytorch.NAM.forward(ours, x).sum().backward()
    for ours_grad, p in zip(found, ours.parameters(), strict=True):
        torch.testing.assert_close(ours_grad, p.grad, rtol=1e-3, atol=1e-6)
