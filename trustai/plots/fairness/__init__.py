"""Group fairness as Plotly figures."""
