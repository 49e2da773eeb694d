"""Enquiries and what becomes of them: the form, its journal, receipts, the agents' desk."""
