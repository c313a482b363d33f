from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum


class BookingStatus(str, Enum):
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


@dataclass
class Room:
    id: int
    name: str
    beds: int
    nightly_rate: int


@dataclass
class Guest:
    id: int
    name: str
    email: str
    password_hash: str
    internal_notes: str = ""


@dataclass
class StaffMember:
    id: int
    name: str
    role: str
    api_key: str


@dataclass
class Booking:
    id: int
    room_id: int
    guest_id: int
    arrival: date
    departure: date
    status: BookingStatus = BookingStatus.REQUESTED
    deposit_reference: str | None = None

    @property
    def nights(self) -> int:
        return (self.departure - self.arrival).days


# What clients send; the models above are what is kept.


@dataclass
class BookingRequest:
    room_id: int
    arrival: date
    departure: date


@dataclass
class GuestRegistration:
    name: str
    email: str
    password: str


@dataclass
class RoomDescription:
    name: str
    beds: int
    nightly_rate: int


@dataclass
class Occupancy:
    rooms: int
    booked: int
    revenue: int
