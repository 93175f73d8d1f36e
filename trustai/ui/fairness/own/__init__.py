"""The view of one's own table: group fairness of a small network, or of a column of scores."""
