"""Faithfulness of saliency maps: curves, sanity check, localisation, leaderboard."""
