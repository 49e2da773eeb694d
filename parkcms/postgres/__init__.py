"""A Django database backend whose server is the private Postgres of the data folder."""
