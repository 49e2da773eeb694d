"""The pieces a drawn cover is put together from; parks/cover.py arranges them."""
