from django.apps import AppConfig


class BackupConfig(AppConfig):
    name = "library.backup"
    label = "backup"
