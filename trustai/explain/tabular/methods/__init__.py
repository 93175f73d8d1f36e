"""Attribution methods for tables, one per module."""
