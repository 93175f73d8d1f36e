"""Small networks that are trained while a person waits."""
