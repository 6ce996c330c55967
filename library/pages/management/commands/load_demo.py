from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "x"

    def handle(self, *args, **options):
        pass
