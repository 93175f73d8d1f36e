"""Tables: the diabetes data, its synthetic cohort, and uploaded CSV files."""
