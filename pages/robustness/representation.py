"""What a network sees as alike: maps of its features, its neighbours, and attacks on them."""

from trustai import ui
from trustai.ui import (
    representation_attack,
    representation_knn,
    representation_map,
    representation_own,
)

VIEWS = {
    "map": "The map",
    "knn": "Neighbours as a classifier",
    "attack": "Attack through the embedding",
    "own": "Your own pictures",
}

ui.page(
    "What the network sees as alike",
    "Before its last layer a network turns each picture into a list of numbers, its **features**. "
    "Pictures whose features lie close together are alike to it, whatever they look like to you.",
    method_link=ui.Link("How UMAP works", "https://umap-learn.readthedocs.io/"),
    paper=ui.Link("McInnes et al. 2018, UMAP", "https://arxiv.org/abs/1802.03426"),
)

view = ui.pick_view(VIEWS, default="map")
with ui.shown_errors():
    if view == "knn":
        representation_knn.show()
    elif view == "attack":
        representation_attack.show()
    elif view == "own":
        representation_own.show()
    else:
        representation_map.show()

# A choice stands in the URL as the person reads it, so the presets are made of the same words.
ui.try_this(
    [
        ui.Preset(
            "Does corruption make the features collapse?",
            {"state": "Corrupted", "colour": "by error"},
            "Compare neighbours and silhouette with the clean row of the table, for both networks.",
        ),
        ui.Preset(
            "Why is the angular loss better than the triplet loss?",
            {"view": VIEWS["knn"], "model": "CIFAR-10, angular loss"},
            "It judges an angle of the triangle that three pictures make, so no scale counts. "
            "Compare its clean and attacked bars with those of the circle loss.",
        ),
        ui.Preset(
            "What does an attack do to the map?",
            {"state": "Attacked through the distance", "colour": "by error"},
            "Then the attack through the softmax: which of the two leaves fewer neighbours right?",
        ),
    ]
)
