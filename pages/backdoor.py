"""The page on backdoors: poisoned training pictures, what they do, and how one finds them."""

from trustai.ui import kit

VIEWS = {
    "build": kit.View("Build and train", "trustai.ui.backdoor.build"),
    "amount": kit.View("How much poison?", "trustai.ui.backdoor.amount"),
    "where": kit.View("Where it looks", "trustai.ui.backdoor.where"),
    "defend": kit.View("Defend", "trustai.ui.backdoor.defend"),
    "patch": kit.View("A sticker without poisoning", "trustai.ui.backdoor.patch"),
}

kit.hand_over(__file__)
kit.page(
    "Backdoors",
    "Somebody puts a small sticker on a few training pictures and changes their labels. The "
    "network looks normal, until the **sticker** appears. Build such a backdoor, and try to find "
    "it.",
    method_link=kit.Link("Backdoors in machine learning", "https://arxiv.org/abs/2007.08745"),
    paper=kit.Link("Gu et al. 2017, BadNets", "https://arxiv.org/abs/1708.06733"),
)
kit.show_view(
    VIEWS,
    default="build",
    presets=[
        kit.Preset(
            "How can a network be right and still be dangerous?",
            {"view": VIEWS["build"].title},
            "Compare the two pictures and their answers. Which of the two percentages would a "
            "test on clean pictures show?",
            "right_and_dangerous",
        ),
        kit.Preset(
            "How few poisoned pictures are enough?",
            {"view": VIEWS["amount"].title},
            "Drag the share of poison to 0 and then up. What happens to the clean accuracy?",
            "how_few",
        ),
        kit.Preset(
            "What cannot be learned while the backbone is frozen?",
            {"view": VIEWS["build"].title, "network": "Train it now", "part": "Last layer only"},
            "Press “Train the network”, and then choose “Last stage and last layer”.",
            "frozen",
        ),
        kit.Preset(
            "Does an explanation find the sticker?",
            {"view": VIEWS["where"].title},
            "Compare the share inside the sticker for the clean network and for the others.",
            "explained",
        ),
        kit.Preset(
            "Does an attacker who knows the defence escape it?",
            {"view": VIEWS["defend"].title, "network": "Road signs with a hidden backdoor"},
            "Compare the picture with that of the network that does not hide its backdoor.",
            "adaptive",
        ),
        kit.Preset(
            "Does a sticker need a backdoor?",
            {"view": VIEWS["patch"].title},
            "Make the sticker larger. Who changed the training pictures here?",
            "without_poisoning",
        ),
    ],
)
