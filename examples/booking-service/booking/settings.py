import os
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Settings:
    house_name: str = "Seven Gables"
    currency: str = "EUR"
    deposit_percent: int = 20
    staff_key: str = field(default_factory=lambda: os.environ.get("BOOKING_STAFF_KEY", ""))
    payments_url: str = field(default_factory=lambda: os.environ.get("BOOKING_PAYMENTS_URL", "http://payments.invalid"))
    calendar_url: str = field(default_factory=lambda: os.environ.get("BOOKING_CALENDAR_URL", "http://calendar.invalid"))
