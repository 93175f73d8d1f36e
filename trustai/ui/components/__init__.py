"""Components of our own: each folder holds its Python, JavaScript and style sheet."""
