#!/usr/bin/env python3
"""Says whether this node is ready, and which start of its engine is the present one: `ready.py ADDRESS PORT RUN HEALTH_URL`.

GET /ready        200 while RUN/ready is there (apply.sh puts it, whoever lets go of the engine takes it away) and the engine of
                  this replica's head answers its health check; else 503 with the reason
GET /incarnation  the facts in RUN/state, a name and a value on each line, for the other nodes of the replica

Nothing else is served, and nothing that a caller sends is believed. A connection is one request and lives five seconds at most,
however slowly it is sent, and beyond a number of them the oldest goes: the load balancer's next question is answered.
"""
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONNECTION_SECONDS = 5
CONNECTIONS = 200
# Many who ask at once are one question to the engine.
HEALTH_AGE_SECONDS = 1


class Engine:
    """The engine's health, asked once for all who want to know."""

    def __init__(self, url):
        self.url = url
        self.lock = threading.Lock()
        self.asked_at = float("-inf")
        self.healthy = False

    def is_healthy(self):
        with self.lock:
            if time.monotonic() - self.asked_at > HEALTH_AGE_SECONDS:
                self.healthy = self.ask()
                self.asked_at = time.monotonic()
            return self.healthy

    def ask(self):
        # The engine is on this node or the next: never through a proxy.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self.url, timeout=3) as answer:
                return answer.status == 200
        except OSError:
            return False
        except Exception:  # Whatever it is that answers there, it is not an engine.
            return False


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, run, engine):
        self.run = run
        self.engine = engine
        self.open_since = {}
        self.open_lock = threading.Lock()
        super().__init__(address, Handler)

    def process_request(self, request, client_address):
        with self.open_lock:
            self.open_since[request] = time.monotonic()
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        with self.open_lock:
            self.open_since.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self):
        """Called between connections, and twice a second: ends what is too old, and the oldest of too many."""
        with self.open_lock:
            by_age = sorted(self.open_since.items(), key=lambda item: item[1])
        too_many = max(0, len(by_age) - CONNECTIONS)
        for index, (request, since) in enumerate(by_age):
            if index < too_many or time.monotonic() - since > CONNECTION_SECONDS:
                try:
                    request.shutdown(2)
                except OSError:
                    pass

    def handle_error(self, request, client_address):
        """A caller that goes away is no news."""


class Handler(BaseHTTPRequestHandler):
    timeout = CONNECTION_SECONDS
    protocol_version = "HTTP/1.1"
    server_version = "llm-cluster"
    sys_version = ""

    def do_GET(self):
        if self.path == "/ready":
            why_not = self.why_not_ready()
            self.answer(503 if why_not else 200, why_not or "ready")
        elif self.path == "/incarnation":
            self.answer(200, self.facts())
        else:
            self.answer(404, "not here")

    def why_not_ready(self):
        if not (self.server.run / "ready").exists():
            return "no engine of the current release is ready on this node, or it is letting go of it"
        if not self.server.engine.is_healthy():
            return "the engine's health check does not answer"
        return ""

    def facts(self):
        lines = []
        for path in sorted((self.server.run / "state").glob("[a-z]*")):
            try:
                lines.append(f"{path.name} {path.read_text().strip()}")
            except OSError:  # It was forgotten in between.
                pass
        return "\n".join(lines)

    def answer(self, status, text):
        body = (text + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Health checks every few seconds would fill the journal."""


def main(address, port, run, health_url):
    Server((address, int(port)), Path(run), Engine(health_url)).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
