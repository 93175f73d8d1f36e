"""How faithful explanations of tables are: deletion, swap test, leaderboard."""
