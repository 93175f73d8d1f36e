"""The page on feature representations: maps, nearest neighbours, and attacks on features."""

from trustai.ui import kit

VIEWS = {
    "map": kit.View("The map", "trustai.ui.representation.map"),
    "knn": kit.View("Neighbours as a classifier", "trustai.ui.representation.knn"),
    "attack": kit.View("Attack through the embedding", "trustai.ui.representation.attack"),
    "own": kit.View("Your own pictures", "trustai.ui.representation.own"),
}

TWO = {"model": "CIFAR-10, standard", "beside": "CIFAR-10, adversarially trained"}

kit.hand_over(__file__)
kit.page(
    "Feature map",
    "Before its last layer, a network turns each picture into a list of numbers: its **features**. "
    "Pictures with similar features are close together on the map and are similar for the network.",
    method_link=kit.Link("How UMAP works", "https://umap-learn.readthedocs.io/"),
    paper=kit.Link("McInnes et al. 2018, UMAP", "https://arxiv.org/abs/1802.03426"),
)
# A choice stands in the URL as the person reads it, so the presets are made of the same words.
kit.show_view(
    VIEWS,
    default="map",
    presets=[
        kit.Preset(
            "Does corruption make the features collapse?",
            {**TWO, "state": "Corrupted", "colour": "by error"},
            "In the table, compare neighbours and silhouette of both networks with the clean row.",
        ),
        kit.Preset(
            "Why is the angular loss better than the triplet loss?",
            {"model": "CIFAR-10, angular loss", "beside": "CIFAR-10, circle loss"},
            "The triplet loss compares two distances. The angular loss uses an angle of the "
            "triangle of three pictures, so the scale of the features does not matter. Compare its "
            "clean and attacked rows of the table with those of the circle loss.",
        ),
        kit.Preset(
            "What does an attack do to the map?",
            {**TWO, "state": "Attacked through the distance", "colour": "by error"},
            "Then choose the attack through the softmax. After which attack are fewer neighbours "
            "right?",
        ),
    ],
)
