"""The payment gateway and the calendar are a stub on the local machine, so that the tests need no network."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from litestar.testing import TestClient

CALLS: list[tuple[str, str, object]] = []


class Stub(BaseHTTPRequestHandler):
    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        CALLS.append((self.command, self.path, json.loads(body) if body else None))
        reply = json.dumps({"reference": "R-1"}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    do_POST = do_DELETE = answer

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    os.environ |= {"BOOKING_STAFF_KEY": "porter", "BOOKING_PAYMENTS_URL": url, "BOOKING_CALENDAR_URL": url}

    from booking.app import app  # reads its settings when it is imported

    with TestClient(app) as test_client:
        yield test_client
    server.shutdown()


@pytest.fixture
def guest(client: TestClient) -> dict[str, str]:
    data = {"name": "Tove", "email": "tove@example.org", "password": "moomin"}
    return {"x-guest": str(client.post("/api/guests", json=data).json()["id"])}
