"""Enquiries and what becomes of them: the form, its journal, receipts, the pipeline.

The room is in place and empty: the site's call to action leads to the contact page for now.
"""
