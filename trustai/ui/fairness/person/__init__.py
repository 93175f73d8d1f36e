"""The view of one person: with another sex or race, and beside the nearest real person."""
