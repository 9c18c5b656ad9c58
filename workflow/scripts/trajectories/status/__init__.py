"""How far a study is, for those who look on while it runs; without torch, changing nothing."""
