"""Census income: the Adult data set, and a synthetic census drawn from its statistics."""
