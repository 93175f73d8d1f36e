"""Attribution methods for pictures, one per module."""
