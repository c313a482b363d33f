from litestar import Request, Response


class RoomTaken(Exception):
    """The room is booked by somebody else in these nights."""

    def __init__(self, room_id: int) -> None:
        super().__init__(f"room {room_id} is taken in these nights")


def room_taken(_: Request, error: RoomTaken) -> Response:
    return Response({"status_code": 409, "detail": str(error)}, status_code=409)
