import httpx
from litestar import Controller, delete, get, post
from litestar.di import Provide

from booking.dto import BookingReadDTO
from booking.guards import owns_booking, requires_guest
from booking.models import Booking, BookingRequest
from booking.providers import provide_bookings, provide_calendar, provide_guest_id, provide_payments
from booking.services.bookings import BookingService
from booking.services.payments import PaymentService
from booking.settings import Settings


class BookingController(Controller):
    """What a guest does with bookings."""

    path = "/bookings"
    return_dto = BookingReadDTO
    dependencies = {
        "bookings": Provide(provide_bookings, sync_to_thread=False),
        "payments": Provide(provide_payments),
        "guest_id": provide_guest_id,
    }

    @get("/", guards=[requires_guest], tags=["bookings"])
    def list_bookings(self, bookings: BookingService, guest_id: int) -> list[Booking]:
        return bookings.of_guest(guest_id)

    @post("/", guards=[requires_guest], tags=["bookings"])
    async def request_booking(self, data: BookingRequest, bookings: BookingService, guest_id: int) -> Booking:
        return bookings.request(guest_id, data)

    @get("/{booking_id:int}", guards=[requires_guest, owns_booking], tags=["bookings"])
    def get_booking(self, booking_id: int, bookings: BookingService) -> Booking:
        return bookings.get(booking_id)

    # Nothing is confirmed before the deposit is paid.
    @post("/{booking_id:int}/confirmation", guards=[requires_guest, owns_booking], tags=["bookings"])
    async def confirm_booking(self, booking_id: int, bookings: BookingService, payments: PaymentService) -> Booking:
        booking = bookings.get(booking_id)
        reference = await payments.charge(booking.id, bookings.deposit(booking))
        return bookings.confirm(booking, reference)

    @post(
        "/{booking_id:int}/calendar",
        guards=[requires_guest, owns_booking],
        tags=["bookings"],
        dependencies={"calendar": Provide(provide_calendar)},
        status_code=202,
    )
    async def publish_to_calendar(
        self, booking_id: int, bookings: BookingService, calendar: httpx.AsyncClient, settings: Settings
    ) -> Booking:
        booking = bookings.get(booking_id)
        event = {"house": settings.house_name, "from": str(booking.arrival), "to": str(booking.departure)}
        (await calendar.post("/events", json=event)).raise_for_status()
        return booking

    @delete("/{booking_id:int}", guards=[requires_guest, owns_booking], tags=["bookings"])
    async def cancel_booking(self, booking_id: int, bookings: BookingService, payments: PaymentService) -> None:
        booking = bookings.get(booking_id)
        if booking.deposit_reference:
            await payments.refund(booking.deposit_reference)
        bookings.cancel(booking)
