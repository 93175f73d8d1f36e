"""This page's thumbnail on the home page: a photograph and its Grad-CAM map."""

from __future__ import annotations

from trustai.data.images import samples
from trustai.data.uploads import to_square, to_tensor
from trustai.explain import image
from trustai.plots import colours, pictures
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.frame import side_by_side
from trustai.ui.kit.subjects import FIRST_PHOTO, photo_model

SIDE = 448


def show() -> None:
    network = classifier(photo_model())
    assert network.card is not None  # a network of the zoo has one
    photograph = samples.load(FIRST_PHOTO)
    x = to_tensor(to_square(photograph, network.card.photo_side))
    found = image.explain("grad_cam", network, x)
    seen = to_square(photograph, SIDE)
    heat = pictures.heat(found.map[0].numpy(), signed=False)
    shown = pictures.overlay(seen, heat, opacity=0.6)
    left, right = side_by_side(2, key="saliency")
    framed = pictures.framed(seen, colours.CLEAN, side=SIDE, border=4)
    show_picture(framed, "A photograph", on=left)
    framed = pictures.framed(shown, colours.CLEAN, side=SIDE, border=4)
    show_picture(framed, "Its Grad-CAM map", on=right)
