from datetime import date

from litestar import Controller, get
from litestar.di import Provide

from booking.guards import requires_staff
from booking.models import Booking, Occupancy
from booking.providers import provide_bookings
from booking.services.bookings import BookingService


class ReportController(Controller):
    path = "/reports"
    tags = ["reports"]
    dependencies = {"bookings": Provide(provide_bookings)}

    @get("/occupancy", guards=[requires_staff])
    async def occupancy(self, bookings: BookingService) -> Occupancy:
        return bookings.occupancy()

    @get("/arrivals", guards=[requires_staff])
    async def arrivals(self, bookings: BookingService, day: date) -> list[Booking]:
        return bookings.arriving(day)

    @get("/income", guards=[requires_staff])
    def income(self, bookings: BookingService) -> dict[str, int]:
        return {"income": bookings.occupancy().revenue}


class HallScreenController(ReportController):
    """The screen in the hall: the porter's reports, and a greeting for everybody who comes in."""

    path = "/hall"

    @get("/greeting")
    async def greeting(self, bookings: BookingService) -> dict[str, int]:
        return {"welcome": len(bookings.arriving(date.today()))}
