"""Picture data sets."""
