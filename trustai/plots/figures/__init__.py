"""The figures of the articles: one function for each view, named as the view, in the module of its
page. Small drawings of the idea, made of numbers that are computed here."""
