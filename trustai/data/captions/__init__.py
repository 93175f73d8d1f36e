"""Caption data sets, and uploaded pictures with captions."""
