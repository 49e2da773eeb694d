from django.apps import AppConfig


class AddressesConfig(AppConfig):
    name = "parkcms.addresses"
    label = "addresses"
    verbose_name = "网址"
