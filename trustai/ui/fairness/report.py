"""The figures of a student report beside those here."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from trustai.fairness.path import MeasuredPath
from trustai.ui.fairness.measured import ATTRIBUTES
from trustai.ui.kit.frame import listed

# Quoted, not ours: the accuracy and the adversary's ROC AUC before and after the repair. After it
# both p%-rules were above 80 %.
REPORT: Final = {"before": (0.848, 0.66), "after": (0.809, 0.51)}


def show_report(measured: MeasuredPath) -> None:
    """Accuracy, the adversary's AUC and the p%-rules before and after the repair, folded."""
    label = "Comparison with a student report"
    with st.expander(label, icon=":material/school:"):
        st.table(report_table(measured).set_index("adversarial debiasing"))
        st.caption(
            "The figures of the report are quoted, and it does not say how strong its repair was. "
            "Ours are measured on test rows; “after” is the network that was chosen on validation "
            "rows. A report with one AUC is compared with two, one for each attribute."
        )


def report_table(measured: MeasuredPath) -> pd.DataFrame:
    """A row before and a row after the repair."""
    rows = []
    for when, step in (("before", 0), ("after", measured.chosen)):
        row, (accuracy, auc) = measured.front.iloc[step], REPORT[when]
        rows.append(
            {
                "adversarial debiasing": when,
                "accuracy, report": f"{accuracy:.1%}",
                "accuracy, here": f"{row['accuracy']:.1%}",
                "adversary's AUC, report": f"{auc:.2f}",
                "adversary's AUC, here": listed(
                    [f"{row[f'adversary_auc_{a}']:.2f} ({a})" for a in ATTRIBUTES]
                ),
                "p%-rules, report": "above 80 %" if when == "after" else "–",
                "p%-rules, here": listed(
                    [f"{row[f'p_percent_rule_{a}']:.1%} ({a})" for a in ATTRIBUTES]
                ),
            }
        )
    return pd.DataFrame(rows)
