from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "parkcms.library"
    label = "library"
    verbose_name = "图片和文件"
