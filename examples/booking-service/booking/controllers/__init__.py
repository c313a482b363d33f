from booking.controllers.bookings import BookingController
from booking.controllers.guests import GuestController
from booking.controllers.reports import HallScreenController, ReportController
from booking.controllers.rooms import RoomController

__all__ = ("BookingController", "GuestController", "HallScreenController", "ReportController", "RoomController")
