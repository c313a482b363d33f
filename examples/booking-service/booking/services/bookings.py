from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_404_NOT_FOUND

from booking.errors import RoomTaken
from booking.models import Booking, BookingStatus, Occupancy

if TYPE_CHECKING:
    from booking.models import BookingRequest, Room
    from booking.store import Store


class BookingService:
    def __init__(self, store: Store, deposit_percent: int) -> None:
        self.store = store
        self.deposit_percent = deposit_percent

    def room(self, room_id: int) -> Room:
        if room_id not in self.store.rooms:
            raise HTTPException(status_code=HTTP_404_NOT_FOUND, detail=f"there is no room {room_id}")
        return self.store.rooms[room_id]

    def get(self, booking_id: int) -> Booking:
        booking = self.store.bookings.get(booking_id)
        if booking is None:
            raise HTTPException(
                status_code=404,
                detail=f"there is no booking {booking_id}",
                extra={"booking": booking_id},  # the app shows this number
            )
        return booking

    def of_guest(self, guest_id: int) -> list[Booking]:
        return [booking for booking in self.store.bookings.values() if booking.guest_id == guest_id]

    def request(self, guest_id: int, wish: BookingRequest) -> Booking:
        if wish.departure <= wish.arrival:
            raise HTTPException(status_code=400, detail="departure must be after arrival")
        self.room(wish.room_id)
        if not self.is_free(wish.room_id, wish.arrival, wish.departure):
            raise RoomTaken(wish.room_id)
        booking = Booking(self.store.next_id(), wish.room_id, guest_id, wish.arrival, wish.departure)
        self.store.bookings[booking.id] = booking
        return booking

    def is_free(self, room_id: int, arrival: date, departure: date) -> bool:
        return not any(
            booking.room_id == room_id and booking.arrival < departure and arrival < booking.departure
            for booking in self.store.bookings.values()
            if booking.status is not BookingStatus.CANCELLED
        )

    def deposit(self, booking: Booking) -> int:
        return self.room(booking.room_id).nightly_rate * booking.nights * self.deposit_percent // 100

    def confirm(self, booking: Booking, reference: str) -> Booking:
        if booking.status is BookingStatus.CANCELLED:
            raise HTTPException(status_code=409, detail="the booking was cancelled")
        booking.status, booking.deposit_reference = BookingStatus.CONFIRMED, reference
        return booking

    def cancel(self, booking: Booking) -> None:
        booking.status = BookingStatus.CANCELLED

    def arriving(self, day: date) -> list[Booking]:
        return [booking for booking in self.store.bookings.values() if booking.arrival == day]

    def occupancy(self) -> Occupancy:
        confirmed = [b for b in self.store.bookings.values() if b.status is BookingStatus.CONFIRMED]
        revenue = sum(self.store.rooms[b.room_id].nightly_rate * b.nights for b in confirmed)
        return Occupancy(rooms=len(self.store.rooms), booked=len(confirmed), revenue=revenue)
