"""When a row is live: the rule of publication, for every noun that readers see."""
