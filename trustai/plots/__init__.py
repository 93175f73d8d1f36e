"""Results as Plotly figures and as pictures: pure functions; the colours are here."""
