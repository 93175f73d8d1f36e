"""Results as Plotly figures and as pictures: pure functions, one module a topic.

`charts` and `pictures` hold what several topics share, `colours` the one colour language.
"""
