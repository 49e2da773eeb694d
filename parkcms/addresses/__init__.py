"""Addresses: where old ones lead, which ones visitors met nothing under, which links are broken."""
