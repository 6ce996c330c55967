app_name = "jobs"
urlpatterns: list = []  # type: ignore[type-arg]
