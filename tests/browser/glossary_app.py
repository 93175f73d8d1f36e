"""A page with terms of the glossary; see `test_glossary_hints`."""

import streamlit as st

from trustai.ui import kit

st.set_page_config(layout="wide")
kit.page("Softmax in a title", "The **logit** of a class, then its softmax. No other logit here.")
st.markdown(
    "## Epsilon in a heading\n\nA lime tree, [BLEU in a link](https://example.org), `AUROC`."
)
n = st.number_input("n", 0, 9)
st.markdown(f"Step {n}: two logits and the epsilon of step {n}.")
if n % 2:
    st.markdown("The AUROC of an odd step, found by LIME.")
with st.expander("Folded"):
    st.markdown("The temperature is folded away.")
st.caption("The temperature of a caption, with its temperature scaling.")
