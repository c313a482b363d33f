from pathlib import Path

from litestar import MediaType, Router, get
from litestar.di import Provide

from booking.controllers import (
    BookingController,
    GuestController,
    HallScreenController,
    ReportController,
    RoomController,
)
from booking.guards import requires_staff
from booking.models import StaffMember
from booking.providers import provide_staff_member

HOUSE_RULES = Path(__file__).with_name("house_rules.txt")


@get("/health", sync_to_thread=False)
def health() -> dict[str, str]:
    return {"status": "up"}


@get("/house-rules", media_type=MediaType.TEXT, sync_to_thread=True)
def house_rules() -> str:
    return HOUSE_RULES.read_text(encoding="utf-8")


@get("/me", dependencies={"member": Provide(provide_staff_member)})
async def who_am_i(member: StaffMember) -> StaffMember:
    return member


public_router = Router(path="/", route_handlers=[health, house_rules])

api_router = Router(
    path="/api",
    route_handlers=[BookingController, GuestController, RoomController, ReportController, HallScreenController],
)

staff_router = Router(path="/staff", route_handlers=[who_am_i], guards=[requires_staff], tags=["staff"])
