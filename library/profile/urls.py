from django.urls import path, register_converter

from library.profile import views


class LogoName:
    """The random part of a logo's name."""

    regex = "[0-9a-f]{32}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(LogoName, "logo")
app_name = "profile"
urlpatterns = [path("library/logo/<logo:name>.png", views.logo, name="logo")]
