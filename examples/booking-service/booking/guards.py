from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler


def requires_guest(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    guest_id = connection.headers.get("x-guest", "")
    if not guest_id.isdigit() or int(guest_id) not in connection.app.state.store.guests:
        raise NotAuthorizedException("register first, then send your guest number in x-guest")


def owns_booking(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    booking = connection.app.state.store.bookings.get(connection.path_params["booking_id"])
    if booking is not None and booking.guest_id != int(connection.headers["x-guest"]):
        raise HTTPException(status_code=403, detail="this is somebody else's booking")


def requires_staff(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    key = connection.headers.get("x-staff-key")
    if not key or key not in {member.api_key for member in connection.app.state.store.staff.values()}:
        raise PermissionDeniedException("only for staff")
