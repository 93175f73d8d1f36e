"""How faithful saliency maps are: deletion and insertion, sanity check, localisation, leaderboard."""
