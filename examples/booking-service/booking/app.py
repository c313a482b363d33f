from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig

from booking.errors import RoomTaken, room_taken
from booking.providers import provide_settings, provide_store
from booking.routers import api_router, public_router, staff_router
from booking.settings import Settings
from booking.store import seeded_store

settings = Settings()

app = Litestar(
    route_handlers=[public_router, api_router, staff_router],
    dependencies={
        "store": Provide(provide_store),
        "settings": Provide(provide_settings, sync_to_thread=False),
    },
    exception_handlers={RoomTaken: room_taken},
    state=State({"settings": settings, "store": seeded_store(settings.staff_key)}),
    openapi_config=OpenAPIConfig(title=settings.house_name, version="0.9.0"),
)
