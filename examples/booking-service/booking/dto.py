from litestar.dto import DataclassDTO, DTOConfig

from booking.models import Booking, Guest


class BookingReadDTO(DataclassDTO[Booking]):
    config = DTOConfig(exclude={"deposit_reference"})


class GuestReadDTO(DataclassDTO[Guest]):
    config = DTOConfig(exclude={"internal_notes"})  # the front desk's remarks are nobody's business
