import httpx
from litestar import Request
from litestar.datastructures import State

from booking.models import StaffMember
from booking.services.bookings import BookingService
from booking.services.guests import GuestService
from booking.services.payments import PaymentService
from booking.settings import Settings
from booking.store import Store


def provide_store(state: State) -> Store:
    return state.store


def provide_settings(state: State) -> Settings:
    return state.settings


async def provide_bookings(store: Store, settings: Settings) -> BookingService:
    return BookingService(store, deposit_percent=settings.deposit_percent)


def provide_guests(store: Store) -> GuestService:
    return GuestService(store)


def provide_payments(settings: Settings) -> PaymentService:
    return PaymentService(settings.payments_url, settings.currency)


async def provide_calendar(settings: Settings) -> httpx.AsyncClient:
    # the calendar of the tourist office, see their PDF
    return httpx.AsyncClient(base_url=settings.calendar_url, timeout=5)


def provide_guest_id(request: Request) -> int:
    return int(request.headers["x-guest"])


def provide_staff_member(request: Request, store: Store) -> StaffMember:
    key = request.headers["x-staff-key"]
    return next(member for member in store.staff.values() if member.api_key == key)
