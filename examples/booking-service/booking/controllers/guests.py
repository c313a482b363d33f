from litestar import Controller, get, post
from litestar.di import Provide

from booking.dto import GuestReadDTO
from booking.guards import requires_guest, requires_staff
from booking.models import Guest, GuestRegistration
from booking.providers import provide_guest_id, provide_guests
from booking.services.guests import GuestService


class GuestController(Controller):
    path = "/guests"
    tags = ["guests"]
    return_dto = GuestReadDTO
    dependencies = {"guests": Provide(provide_guests, sync_to_thread=False)}

    @post("/")
    async def register(self, data: GuestRegistration, guests: GuestService) -> Guest:
        return guests.register(data)

    @get("/me", guards=[requires_guest], dependencies={"guest_id": Provide(provide_guest_id, sync_to_thread=False)})
    async def show_me(self, guests: GuestService, guest_id: int) -> Guest:
        return guests.get(guest_id)

    @get("/", guards=[requires_staff])
    def list_guests(self, guests: GuestService) -> list[Guest]:
        return guests.all()
