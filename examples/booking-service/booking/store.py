"""Everything is kept in memory; the real database was always planned for the next release."""

from dataclasses import dataclass, field
from itertools import count

from booking.models import Booking, Guest, Room, StaffMember


@dataclass
class Store:
    rooms: dict[int, Room] = field(default_factory=dict)
    guests: dict[int, Guest] = field(default_factory=dict)
    staff: dict[int, StaffMember] = field(default_factory=dict)
    bookings: dict[int, Booking] = field(default_factory=dict)
    ids: count = field(default_factory=lambda: count(100))

    def next_id(self) -> int:
        return next(self.ids)


def seeded_store(staff_key: str) -> Store:
    store = Store()
    for room in (Room(1, "Garden", 2, 90), Room(2, "Attic", 1, 60), Room(3, "Harbour", 4, 150)):
        store.rooms[room.id] = room
    store.staff[1] = StaffMember(id=1, name="Ines", role="manager", api_key=staff_key)
    return store
