app_name = "rag"
urlpatterns: list = []  # type: ignore[type-arg]
