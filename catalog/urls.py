app_name = "catalog"
urlpatterns: list = []  # type: ignore[type-arg]
