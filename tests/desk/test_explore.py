import pytest, random
import logging; logging.disable(50)
from desk_forms import at_the_desk, page_of
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from urllib.parse import quote
from factories import *
from parkcms.people.models import User
from django.db import models
pytestmark = pytest.mark.django_db
JUNK = ["x", "-1", "99999999999999999999999", "1e999999", "NaN", "", "%ff", "1,x", "(", "0001-01-01", "99999-01-01", "True", "\\", "[", "{", "null", "'\"", "_", "%25", "10000000000000000000000000000000000000.5"]
LOOKUPS = ["", "__exact", "__isnull", "__in", "__gte", "__regex", "__year", "__contains", "__isempty", "__id__exact", "__date", "__iexact","__month","__week_day","__range","__search","__trigram_similar","__len","__0","__overlap","__contained_by","__has_key","__time","__startswith","__unaccent","__lower","__hour"]

def populate():
    park=a_park(); a_phase(park); f=a_figure(park); a_milestone(park); s=a_space(park); an_industry(park); a_contact(); a_picture()
    art=an_article(tags=[a_tag()], parks=[park]); a_citation(art,f,"x")
    from parkcms.ledger.models import Act
    Act.record(None,"add",park)

def test_explore(settings, tmp_path):
    settings.MEDIA_ROOT=tmp_path
    populate()
    root=User.objects.create_superuser("root",password="x")
    c=at_the_desk(Client(raise_request_exception=False), root)
    from django.db import transaction
    bad={}
    def get(url):
        sid=transaction.savepoint()
        r=c.get(url)
        try:
            transaction.savepoint_rollback(sid)
        except Exception as e: print("rollback", e)
        if r.status_code>=500:
            import sys
            bad[url]=r.status_code
        return r
    for model, ma in admin.site._registry.items():
        url=reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for f in model._meta.get_fields():
            for l in LOOKUPS:
                for j in random.sample(JUNK,2):
                    get(f"{url}?{f.name}{l}={j}")
        for p in ["q","p","o","live","kept","_popup","_to_field","e","_changelist_filters","all","_facets","x","pop","t"]:
            for j in JUNK: get(f"{url}?{p}={j}")
    open('/tmp/bad-%d.txt' % len(bad),'w').write('\n'.join(bad))

def test_explore_add(settings, tmp_path):
    settings.MEDIA_ROOT=tmp_path
    populate()
    root=User.objects.create_superuser("root",password="x")
    c=at_the_desk(Client(raise_request_exception=False), root)
    from django.db import transaction
    bad={}
    for model, ma in admin.site._registry.items():
        try: url=reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
        except Exception: continue
        for f in model._meta.get_fields():
            for j in JUNK:
                sid=transaction.savepoint()
                r=c.get(f"{url}?{f.name}={j}")
                transaction.savepoint_rollback(sid)
                if r.status_code>=500: bad[f"{url}?{f.name}={j}"]=1
    open('/tmp/bad-%d.txt' % len(bad),'w').write('\n'.join(bad))
