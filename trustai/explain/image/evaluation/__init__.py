"""Evaluation of saliency maps: deletion, insertion, sanity check, localisation, leaderboard."""
