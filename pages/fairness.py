"""The page on group fairness: whom a model treats worse, what repairs it, and what that costs."""

from trustai.ui import kit

VIEWS = {
    "distributions": kit.View("Two distributions", "trustai.ui.fairness.distributions"),
    "groups": kit.View("Thresholds by group", "trustai.ui.fairness.by_group"),
    "person": kit.View("One person", "trustai.ui.fairness.person.person"),
    "calibration": kit.View("Calibration", "trustai.ui.fairness.calibration.reliability"),
    "repairs": kit.View("Repairs", "trustai.ui.fairness.repairs"),
    "data": kit.View("The data", "trustai.ui.fairness.data"),
    "own": kit.View("Your own table", "trustai.ui.fairness.own.own_table"),
}

kit.hand_over(__file__)
kit.page(
    "Group fairness",
    "A network estimates who earns more than 50,000 dollars a year. It does not see sex and race. "
    "Are its predictions the same for **every group**, and what does it cost to repair them?",
    method_link=kit.Link("Fairness in machine learning", "https://fairlearn.org/main/user_guide/"),
    paper=kit.Link("Barocas, Hardt & Narayanan, Fairness and ML", "https://fairmlbook.org"),
)
kit.show_view(
    VIEWS,
    default="distributions",
    presets=[
        kit.Preset(
            "Sex and race are no inputs. Why is the network still unfair?",
            {"view": VIEWS["distributions"].title},
            "Look at the two curves at λ = 0. Who has more people right of the threshold?",
            "dropped_columns",
        ),
        kit.Preset(
            "Which figures show that a network is unfair?",
            {"view": VIEWS["data"].title},
            "The table itself is unequal. Compare the shares of the groups here with the p%-rule "
            "of the network in the first view.",
            "unfair_network",
        ),
        kit.Preset(
            "What does the adversary change?",
            {"view": VIEWS["distributions"].title, "step": 3},
            "Drag λ and watch the adversary's AUC and the two curves.",
            "adversary",
        ),
        kit.Preset(
            "Why does fairness cost accuracy?",
            {"view": VIEWS["distributions"].title, "step": 6},
            "In the graph “The price”, follow a dot to the line of the 80 % rule.",
            "trade_off",
        ),
        kit.Preset(
            "Why does one definition of fairness exclude another?",
            {"view": VIEWS["groups"].title},
            "Press the buttons “Equalise” one after the other. Which definitions are kept, and "
            "which are broken?",
            "definitions",
        ),
        kit.Preset(
            "Is it a test of fairness to change only the sex of a person?",
            {"view": VIEWS["person"].title},
            "Compare the second row of the chart with the third.",
            "one_person",
        ),
        kit.Preset(
            "Does the same probability mean the same for both groups?",
            {"view": VIEWS["calibration"].title, "step": 9},
            "Compare the bars with the black lines. Then drag λ back to 0.",
            "calibration",
        ),
        kit.Preset(
            "Does a low p%-rule prove that my own model is unfair?",
            {"view": VIEWS["own"].title},
            "Look at the intervals in the table “Criteria between the groups”.",
            "small_tables",
        ),
    ],
)
