from datetime import date

from litestar import Controller, delete, get, post, put
from litestar.di import Provide

from booking.guards import requires_staff
from booking.models import Room, RoomDescription
from booking.providers import provide_bookings
from booking.services.bookings import BookingService
from booking.store import Store


class RoomController(Controller):
    """Everybody may look at the rooms, only staff may change them."""

    path = "/rooms"
    tags = ["rooms"]
    dependencies = {"bookings": Provide(provide_bookings)}

    @get("/", sync_to_thread=False)
    def list_rooms(self, store: Store) -> list[Room]:
        return list(store.rooms.values())

    @get("/free")
    async def list_free_rooms(
        self, store: Store, bookings: BookingService, arrival: date, departure: date
    ) -> list[Room]:
        return [room for room in store.rooms.values() if bookings.is_free(room.id, arrival, departure)]

    @post("/", guards=[requires_staff])
    async def add_room(self, data: RoomDescription, store: Store) -> Room:
        room = Room(store.next_id(), data.name, data.beds, data.nightly_rate)
        store.rooms[room.id] = room
        return room

    @put("/{room_id:int}", guards=[requires_staff], sync_to_thread=False)
    async def describe_room(
        self, room_id: int, data: RoomDescription, store: Store, bookings: BookingService
    ) -> Room:
        bookings.room(room_id)
        store.rooms[room_id] = Room(room_id, data.name, data.beds, data.nightly_rate)
        return store.rooms[room_id]

    @delete("/{room_id:int}", guards=[requires_staff])
    async def close_room(self, room_id: int, store: Store, bookings: BookingService) -> None:
        bookings.room(room_id)
        del store.rooms[room_id]
