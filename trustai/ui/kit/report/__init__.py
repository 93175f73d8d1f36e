"""A lab report of the view that is shown: its finding, pictures, charts, numbers, and how they
were made."""
