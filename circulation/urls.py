app_name = "circulation"
urlpatterns: list = []  # type: ignore[type-arg]
