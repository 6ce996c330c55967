from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "library.jobs"
    label = "jobs"
