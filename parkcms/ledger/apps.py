from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "parkcms.ledger"
    label = "ledger"
    verbose_name = "台账"
