"""Commands that stand in for Django's own: an app listed before ``django.contrib.auth``, for the first of two commands
of one name counts, while the people's own app must come after it."""

from django.apps import AppConfig


class CommandsConfig(AppConfig):
    name = "accounts.commands"
    label = "accounts_commands"
