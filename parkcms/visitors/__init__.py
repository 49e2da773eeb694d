"""What comes from visitors: where from, and whether a form may be taken from there."""
