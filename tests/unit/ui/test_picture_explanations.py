"""The explanations of one picture that the saliency page's views share."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from trustai import zoo
from trustai.explain import image
from trustai.explain.image.methods.occlusion import OcclusionParams
from trustai.ui.kit import subjects
from trustai.ui.kit.subjects import Subject, pictures_at
from trustai.ui.saliency.maps.results import PictureExplanations

MODEL = "signs-resnet18"
pytestmark = pytest.mark.skipif(
    MODEL not in [card.id for card in zoo.catalog()], reason=f"{MODEL} is not in models/"
)


def subject() -> Subject:
    sign = pictures_at("signs", [3])
    return Subject(x=sign.pixels, label=int(sign.labels), title="a sign", python="", private=False)


def explained(of: Subject | None = None, **arguments: Any) -> PictureExplanations:
    return PictureExplanations(
        zoo.read_card(MODEL), of or subject(), **({"layer": "layer4"} | arguments)
    )


def test_a_picture_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[int] = []
    sha256_of = subjects.sha256_of

    def counting(*arrays: Any) -> str:
        hashed.append(len(arrays))
        return sha256_of(*arrays)

    monkeypatch.setattr(subjects, "sha256_of", counting)
    ours = explained()
    for name in ("gradient", "grad_cam"):
        ours.of(name)
        ours.faithfulness(name)
    ours.removal("grad_cam")
    assert hashed == [1]


def test_they_are_those_of_explain() -> None:
    of = subject()
    ours = explained(of, target=2, seed=4)
    found = ours.of("smoothgrad")
    assert not isinstance(found, ValueError)
    alone = image.explain("smoothgrad", zoo.load(MODEL), of.x, target=2, seed=4)
    torch.testing.assert_close(found.map, alone.map, rtol=1e-4, atol=1e-6)
    assert list(ours.maps) == ["smoothgrad"]
    assert explained(of).target == int(zoo.load(MODEL).predict(of.x).argmax())


@pytest.mark.parametrize(
    "changes",
    [
        {"target": 5},
        {"layer": "layer3"},
        {"params": {"occlusion": OcclusionParams(patch=0.4)}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_decides_a_map_is_in_its_key(changes: dict[str, Any]) -> None:
    names = ("grad_cam", "occlusion")
    first, other = explained(target=1), explained(**({"target": 1} | changes))
    same = []
    for name in names:
        a, b = first.of(name), other.of(name)
        assert not isinstance(a, ValueError)
        assert not isinstance(b, ValueError)
        same.append(torch.equal(a.map, b.map))
        curves = [one.faithfulness(name).deletion.probability for one in (first, other)]
        assert torch.equal(*curves) == same[-1]
    assert not all(same)


def test_a_method_that_cannot_apply_says_why() -> None:
    ours = explained()
    assert "vision transformer" in str(ours.of("attention_rollout"))
    assert ours.maps == {}


def test_the_python_names_what_was_set() -> None:
    code = explained(params={"occlusion": OcclusionParams(patch=0.4)}).python("occlusion")
    assert "from trustai.explain.image.methods.occlusion import OcclusionParams" in code
    assert "params=OcclusionParams(patch=0.4, stride=None, baseline='grey')" in code


def test_on_large_pictures_slow_methods_have_their_quick_parameters() -> None:
    large = Subject(
        x=torch.rand(1, 3, 192, 192), label=None, title="large", python="", private=False
    )
    ours = explained(large)
    for name in image.names():
        assert ours.params_of(name) == image.get(name).quick
        assert explained().params_of(name) is None
