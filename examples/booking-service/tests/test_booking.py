from conftest import CALLS
from litestar.testing import TestClient

STAFF = {"x-staff-key": "porter"}


def request_booking(client: TestClient, guest: dict[str, str], room: int, arrival: str, departure: str) -> dict:
    wish = {"room_id": room, "arrival": arrival, "departure": departure}
    return client.post("/api/bookings", json=wish, headers=guest).json()


def test_public_pages(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "up"}
    assert "goat" in client.get("/house-rules").text
    assert [room["name"] for room in client.get("/api/rooms").json()][:3] == ["Garden", "Attic", "Harbour"]


def test_a_booking_from_request_to_cancellation(client: TestClient, guest: dict[str, str]) -> None:
    booking = request_booking(client, guest, 1, "2030-05-01", "2030-05-04")
    url = f"/api/bookings/{booking['id']}"

    confirmed = client.post(f"{url}/confirmation", headers=guest).json()
    assert confirmed["status"] == "confirmed"
    assert "deposit_reference" not in confirmed
    assert CALLS[-1] == ("POST", "/charges", {"order": booking["id"], "amount": 54, "currency": "EUR"})

    assert client.post(f"{url}/calendar", headers=guest).status_code == 202
    assert CALLS[-1][2] == {"house": "Seven Gables", "from": "2030-05-01", "to": "2030-05-04"}

    assert client.delete(url, headers=guest).status_code == 204
    assert CALLS[-1][:2] == ("DELETE", "/charges/R-1")
    assert client.get(url, headers=guest).json()["status"] == "cancelled"


def test_nobody_books_a_taken_room(client: TestClient, guest: dict[str, str]) -> None:
    request_booking(client, guest, 2, "2030-06-01", "2030-06-03")
    refused = request_booking(client, guest, 2, "2030-06-02", "2030-06-05")
    assert refused == {"status_code": 409, "detail": "room 2 is taken in these nights"}
    free = client.get("/api/rooms/free", params={"arrival": "2030-06-02", "departure": "2030-06-05"}).json()
    assert 2 not in [room["id"] for room in free]


def test_errors_say_what_is_wrong(client: TestClient, guest: dict[str, str]) -> None:
    assert request_booking(client, guest, 9, "2030-07-01", "2030-07-02")["detail"] == "there is no room 9"
    assert request_booking(client, guest, 1, "2030-07-02", "2030-07-01")["status_code"] == 400
    missing = client.get("/api/bookings/7", headers=guest).json()
    assert missing == {"status_code": 404, "detail": "there is no booking 7", "extra": {"booking": 7}}


def test_guards(client: TestClient, guest: dict[str, str]) -> None:
    assert client.get("/api/bookings").status_code == 401
    booking = request_booking(client, guest, 3, "2030-08-01", "2030-08-02")
    data = {"name": "Snuf", "email": "snuf@example.org", "password": "harmonica"}
    stranger = {"x-guest": str(client.post("/api/guests", json=data).json()["id"])}
    assert client.get(f"/api/bookings/{booking['id']}", headers=stranger).status_code == 403
    assert client.get(f"/api/bookings/{booking['id']}", headers=guest).status_code == 200

    room = {"name": "Tower", "beds": 2, "nightly_rate": 120}
    assert client.post("/api/rooms", json=room).status_code == 403
    added = client.post("/api/rooms", json=room, headers=STAFF).json()
    assert client.put(f"/api/rooms/{added['id']}", json=room | {"beds": 3}, headers=STAFF).json()["beds"] == 3
    assert client.delete(f"/api/rooms/{added['id']}", headers=STAFF).status_code == 204


def test_reports(client: TestClient) -> None:
    assert client.get("/api/reports/occupancy", headers=STAFF).json()["rooms"] == 3
    assert client.get("/api/reports/arrivals", params={"day": "2031-01-01"}, headers=STAFF).json() == []
    assert client.get("/api/hall/income", headers=STAFF).json().keys() == {"income"}
    assert client.get("/api/hall/income").status_code == 403
    assert client.get("/api/hall/greeting").json().keys() == {"welcome"}


def test_staff_and_guests_see_themselves(client: TestClient, guest: dict[str, str]) -> None:
    assert client.get("/staff/me", headers=STAFF).json()["name"] == "Ines"
    assert client.get("/staff/me").status_code == 403
    me = client.get("/api/guests/me", headers=guest).json()
    assert me["name"] == "Tove"
    assert "internal_notes" not in me
    assert me in client.get("/api/guests", headers=STAFF).json()
