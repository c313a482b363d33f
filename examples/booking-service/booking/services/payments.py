import logging

import requests
from litestar import status_codes
from litestar.exceptions import HTTPException

logger = logging.getLogger(__name__)


class PaymentService:
    def __init__(self, url: str, currency: str) -> None:
        self.url = url
        self.currency = currency

    async def charge(self, booking_id: int, amount: int) -> str:
        response = requests.post(
            f"{self.url}/charges",
            json={"order": booking_id, "amount": amount, "currency": self.currency},
            timeout=10,
        )
        if not response.ok:
            logger.error("payment of booking %s failed: %s", booking_id, response.text)
            raise HTTPException(
                status_code=status_codes.HTTP_503_SERVICE_UNAVAILABLE, detail="the payment gateway does not answer"
            )
        return response.json()["reference"]

    async def refund(self, reference: str) -> bool:
        try:
            response = requests.delete(f"{self.url}/charges/{reference}", timeout=10)
            response.raise_for_status()
        except requests.exceptions.RequestException:
            logger.exception("refund of %s failed, the front desk does it by hand", reference)
            return False
        return True
