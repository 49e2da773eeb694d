from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "parkcms.people"
    label = "people"
    verbose_name = "人员"
