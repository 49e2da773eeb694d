from django.urls import path, re_path

from . import kept, receipts, views
from .references import TOKEN

app_name = "leads"
urlpatterns = [
    path("enquiries/new/", views.new, name="new"),
    path("enquiries/find/", views.find, name="find"),
    path("enquiries/kept/", kept.kept, name="kept"),
    re_path(rf"^enquiries/(?P<token>{TOKEN})/$", receipts.receipt, name="receipt"),
    re_path(rf"^enquiries/(?P<token>{TOKEN})$", receipts.with_slash),
    re_path(rf"^enquiries/(?P<token>{TOKEN})/correct/$", receipts.correct, name="correct"),
    re_path(rf"^enquiries/(?P<token>{TOKEN})/withdraw/$", receipts.withdraw, name="withdraw"),
    re_path(rf"^enquiries/(?P<token>{TOKEN})/erase/$", receipts.erase, name="erase"),
]
