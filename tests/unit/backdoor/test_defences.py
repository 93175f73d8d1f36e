"""Defences on networks and features whose backdoor is known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tests.toys.images import Linear, TinyCNN, pictures
from trustai.backdoor import defences
from trustai.backdoor.defences.methods.activation_clustering import (
    ActivationClustering,
    ActivationClusteringParams,
)
from trustai.backdoor.defences.methods.fine_pruning import FinePruningParams
from trustai.backdoor.defences.methods.neural_cleanse import NeuralCleanseParams, anomaly_index
from trustai.backdoor.defences.methods.spectral_signatures import (
    SpectralSignatures,
    SpectralSignaturesParams,
)
from trustai.backdoor.defences.methods.strip import STRIPParams
from trustai.backdoor.defences.methods.unlearning import UnlearningParams
from trustai.backdoor.defences.results import NetworkInspection
from trustai.backdoor.defences.tuning import TuningParams
from trustai.metrics import detection
from trustai.types import ImageSet

SIDE, N_CLASSES, BAD = 6, 6, 4
CLEANSE = NeuralCleanseParams(steps=150, pictures=4)


def planted_network() -> Linear:
    """Every class has its own column of pixels; class `BAD` also wins by one corner pixel."""
    weight = torch.zeros(N_CLASSES, 3, SIDE, SIDE)
    for label in range(N_CLASSES):
        weight[label, :, :, label] = 3.0
    weight[BAD, :, -1, 0] = 200.0
    bias = torch.zeros(N_CLASSES)
    bias[BAD] = -60.0  # the corner of a clean picture is 0.1
    return Linear(weight=weight.flatten(1), bias=bias).freeze()


def clean(n: int = 48, *, seed: int = 0) -> ImageSet:
    """Pictures of which one column is bright, which names the class; the corner is dark."""
    labels = torch.arange(n) % N_CLASSES
    x = pictures(n, side=SIDE, high=0.2, seed=seed)
    x[torch.arange(n), :, :, labels] += 0.5
    x[:, :, -1, 0] = 0.1
    classes = tuple("abcdef")
    return ImageSet("toy", "test", (x * 255).byte(), labels, classes, torch.arange(n))


def marked(x: Tensor) -> Tensor:
    x = x.clone()
    x[:, :, -1, 0] = 1
    return x


def success(network: Linear | TinyCNN, images: ImageSet) -> float:
    others = images.take((images.labels != BAD).nonzero()[:, 0])
    return float((network.predict(marked(others.pixels)).argmax(1) == BAD).float().mean())


def two_kinds(*, bad: int = 20, good: int = 180, apart: float = 8) -> Tensor:
    """``float64 (bad + good, 12)``: the first `bad` lie apart."""
    x = torch.randn(bad + good, 12, generator=torch.Generator().manual_seed(3)).double()
    x[:bad, 0] += apart
    return x


@pytest.fixture(scope="module")
def found() -> NetworkInspection:
    return defences.inspect_network(
        "neural-cleanse", planted_network(), clean().pixels, params=CLEANSE
    )


def test_the_toy_has_a_backdoor() -> None:
    network, images = planted_network(), clean()
    assert (network.predict(images.pixels).argmax(1) == images.labels).all()
    assert success(network, images) == 1


def test_a_small_cluster_that_lies_apart_is_poison() -> None:
    verdict = ActivationClustering().of_class(
        two_kinds(), params=ActivationClusteringParams(), seed=0
    )
    assert verdict.group.tolist() == [1] * 20 + [0] * 180
    assert verdict.flagged.tolist() == [True] * 20 + [False] * 180
    assert verdict.figures["size"] == pytest.approx(0.1)
    assert verdict.scores[:20].min() > 0 > verdict.scores[20:].max()


def test_one_cloud_and_two_halves_are_no_poison() -> None:
    for features in (two_kinds(apart=0), two_kinds(bad=100, good=100)):
        verdict = ActivationClustering().of_class(
            features, params=ActivationClusteringParams(), seed=0
        )
        assert not verdict.flagged.any()


def test_pictures_that_are_all_the_same_are_no_poison() -> None:
    verdict = ActivationClustering().of_class(
        torch.ones(20, 5).double(), params=ActivationClusteringParams(), seed=0
    )
    assert not verdict.flagged.any()
    assert verdict.scores.tolist() == [0] * 20


def test_spectral_scores_are_squared_projections() -> None:
    line = torch.tensor([[-3.0, 0], [-1, 0], [1, 0], [3, 0], [0, 1], [0, -1]]).double()
    verdict = SpectralSignatures().of_class(line, params=SpectralSignaturesParams(0.2), seed=0)
    assert torch.allclose(verdict.scores, torch.tensor([9.0, 1, 1, 9, 0, 0]).double())
    assert verdict.flagged.tolist() == [True, False, False, True, False, False]  # 1.5 * 0.2 * 6


def test_training_pictures_are_judged_label_by_label() -> None:
    images = clean(120)
    x = images.pixels
    x[images.labels == 3] = x[images.labels == 3].roll(1, 0)
    bad = (images.labels == BAD).nonzero()[:5, 0]
    x[bad] = marked(x[bad])
    images = ImageSet("toy", "train", (x * 255).byte(), images.labels, images.classes,
                      images.indices)  # fmt: skip
    for name in defences.names("training-data"):
        result = defences.inspect_training_data(name, planted_network(), images)
        one = result.of_label(BAD)
        is_bad = torch.isin(one.rows, bad)
        assert detection.auroc(one.scores[~is_bad], one.scores[is_bad]) > 0.95, name
        assert torch.equal(result.scores[one.rows], one.scores)
        assert [k.label for k in result.classes] == list(range(N_CLASSES))
        assert one.points.shape == (20, 2)
    with pytest.raises(ValueError, match="expected a label among 0, 1"):
        result.of_label(9)


def test_labels_of_few_pictures_have_no_verdict() -> None:
    result = defences.inspect_training_data("spectral-signatures", planted_network(), clean(12))
    assert result.classes == ()
    assert result.scores.tolist() == [0] * 12


def test_the_entropy_of_a_network_that_knows_nothing_is_the_number_of_bits() -> None:
    network = Linear(weight=torch.zeros(4, 3 * 4 * 4), bias=torch.zeros(4)).freeze()
    x = pictures(8, side=4)
    result = defences.inspect_inputs("strip", network, x[:2], clean=x[2:])
    assert torch.allclose(result.scores, torch.full((2,), -2.0).double())


def test_strip_flags_what_keeps_its_class_in_every_blend() -> None:
    images = clean(120)
    x, other = images.pixels[:60], images.pixels[60:]
    inputs = torch.cat([x, marked(x)])
    # two dark corners add up to 0.2, which must not win
    weight = planted_network().linear.weight.clone()
    bias = torch.zeros(N_CLASSES)
    bias[BAD] = -200.0
    weight[BAD].view(3, SIDE, SIDE)[:, -1, 0] = 300
    network = Linear(weight=weight.detach(), bias=bias).freeze()
    result = defences.inspect_inputs("strip", network, inputs, clean=other, false_alarms=0.1)
    assert result.flagged[60:].all()
    assert result.flagged[:60].float().mean() < 0.25
    assert int((result.reference > result.threshold).sum()) <= 3, "of 30"
    assert result.threshold_at(false_alarms=0.5) <= result.threshold
    alone = defences.inspect_inputs("strip", network, inputs[:3], clean=other)
    assert torch.allclose(alone.scores, result.scores[:3], atol=1e-5)


def test_the_anomaly_index_by_hand() -> None:
    # median 4, deviations 3, 1, 0, 1, 2: their median is 1
    index = anomaly_index(torch.tensor([1.0, 3, 4, 5, 6]))
    assert index.tolist() == pytest.approx([n / 1.4826 for n in (3, 1, 0, 1, 2)])


def test_neural_cleanse_finds_the_class_and_the_pixel(found: NetworkInspection) -> None:
    assert found.suspects == (BAD,)
    assert found.success[BAD] == 1
    assert int(found.masks[BAD].argmax()) == (SIDE - 1) * SIDE
    assert found.norms.tolist() == pytest.approx(found.masks.sum((1, 2)).tolist(), rel=1e-4)
    assert found.norms[BAD] < 2
    x = clean().pixels
    assert torch.equal(found.stamp(x, BAD), (1 - found.masks[BAD]) * x
                       + found.masks[BAD] * found.patterns[BAD])  # fmt: skip


def test_a_network_without_a_backdoor_raises_no_alarm() -> None:
    network = planted_network()
    weight = network.linear.weight.clone().view(N_CLASSES, 3, SIDE, SIDE)
    weight[BAD, :, -1, 0] = 0
    plain = Linear(weight=weight.detach().flatten(1), bias=torch.zeros(N_CLASSES)).freeze()
    found = defences.inspect_network("neural-cleanse", plain, clean().pixels, params=CLEANSE)
    assert BAD not in found.suspects


def test_unlearning_breaks_the_backdoor_and_leaves_the_rest(found: NetworkInspection) -> None:
    network, images = planted_network(), clean(96)
    params = UnlearningParams(epochs=30, lr=0.5, stamped=0.5)
    result = defences.repair("unlearning", network, images, reconstructed=found, params=params)
    assert success(network, images) == 1, "the one that was given stays"
    others = images.pixels[images.labels != BAD]
    stamped = found.stamp(others, BAD)
    assert float((network.predict(stamped).argmax(1) == BAD).float().mean()) == 1
    assert float((result.classifier.predict(stamped).argmax(1) == BAD).float().mean()) < 0.1
    said = result.classifier.predict(images.pixels).argmax(1)
    assert float((said == images.labels).float().mean()) > 0.95
    assert result.figures["label"] == BAD
    assert len(result.history["loss"]) == 30
    assert result.history["loss"][-1] < result.history["loss"][0]


def test_pruned_channels_are_the_quietest_and_stay_zero() -> None:
    network = TinyCNN(n_classes=N_CLASSES).freeze()
    images = clean(60)
    with torch.no_grad():
        quiet = network.features(images.pixels).abs().mean(0).argsort(stable=True)
    labels = network.predict(images.pixels).argmax(1)
    own = ImageSet("toy", "test", images.images, labels, images.classes, images.indices)
    params = FinePruningParams(epochs=1, lr=0.001, loss_of_accuracy=0.1)
    result = defences.repair("fine-pruning", network, own, params=params)
    n = int(result.figures["pruned"])
    assert 0 < n < len(quiet)
    columns = result.classifier.linear.weight.abs().sum(0)  # type: ignore[operator,union-attr]
    assert set((columns == 0).nonzero()[:, 0].tolist()) == set(quiet[:n].tolist())
    before = network.linear.weight.abs().sum(0)
    assert (before > 0).all(), "the one that was given stays"


@pytest.mark.parametrize("name", defences.names("repair"))
def test_a_repair_gives_a_frozen_copy_and_repeats_itself(
    name: str, found: NetworkInspection
) -> None:
    network, images, told = planted_network(), clean(24), list[float]()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    make = {"fine-pruning": FinePruningParams, "unlearning": UnlearningParams}
    params = make.get(name, TuningParams)(epochs=2)
    results = [
        defences.repair(name, network, images, reconstructed=found, params=params, seed=4,
                        on_progress=told.append)
        for _ in range(2)
    ]  # fmt: skip
    first, second = (one.classifier.state_dict() for one in results)
    assert all(torch.equal(first[k], second[k]) for k in first)
    assert any(not torch.equal(first[k], before[k]) for k in first)
    assert all(torch.equal(network.state_dict()[k], before[k]) for k in before)
    assert not any(p.requires_grad for p in results[0].classifier.parameters())
    assert not results[0].classifier.training
    assert told[-1] == pytest.approx(1)
    assert told[: len(told) // 2] == sorted(told[: len(told) // 2])


def test_other_kinds_and_wrong_numbers_are_refused() -> None:
    network, images = planted_network(), clean()
    with pytest.raises(ValueError, match="expected a defence among strip, got 'fine-tuning'"):
        defences.inspect_inputs("fine-tuning", network, images.pixels, clean=images.pixels)
    with pytest.raises(ValueError, match="expected at least 4 clean pictures"):
        defences.inspect_inputs("strip", network, images.pixels, clean=images.pixels[:3])
    with pytest.raises(ValueError, match=r"expected false_alarms in \[0, 1\), got 1"):
        defences.inspect_inputs(
            "strip", network, images.pixels, clean=images.pixels, false_alarms=1
        )
    params = TuningParams(unfrozen="last-stage")
    with pytest.raises(ValueError, match="expected unfrozen to be all for a network"):
        defences.repair("fine-tuning", network, images, params=params)
    for wrong in (
        lambda: STRIPParams(weight=0), lambda: STRIPParams(blends=0),
        lambda: SpectralSignaturesParams(share=0), lambda: NeuralCleanseParams(success=0),
        lambda: ActivationClusteringParams(size=2), lambda: TuningParams(lr=0),
        lambda: UnlearningParams(stamped=math.nan), lambda: FinePruningParams(epochs=0),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="expected"):
            wrong()
