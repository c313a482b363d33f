import hashlib

from litestar.exceptions import HTTPException, NotFoundException

from booking.models import Guest, GuestRegistration
from booking.store import Store


class GuestService:
    def __init__(self, store: Store) -> None:
        self.store = store

    def register(self, data: GuestRegistration) -> Guest:
        if "@" not in data.email:
            raise HTTPException(detail="this is not an e-mail address", status_code=400)
        salt = data.email.encode()
        hashed = hashlib.pbkdf2_hmac("sha256", data.password.encode(), salt, 1_000).hex()
        guest = Guest(self.store.next_id(), data.name, data.email, hashed)
        self.store.guests[guest.id] = guest
        return guest

    def get(self, guest_id: int) -> Guest:
        try:
            return self.store.guests[guest_id]
        except KeyError:
            raise NotFoundException(f"there is no guest {guest_id}") from None

    def all(self) -> list[Guest]:
        return sorted(self.store.guests.values(), key=lambda guest: guest.name)
