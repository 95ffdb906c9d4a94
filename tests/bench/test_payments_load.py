"""The load generator and what it counts: a figure is worth what its counting is."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.payments import load
from bench.payments.report import Figure, table


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.answered.append(self.path)  # before the answer: whoever has it may look
        body = b"x" * 3000
        self.send_response(200 if self.path == "/well" else 500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:10])
        self.wfile.flush()
        self.wfile.write(body[10:])

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    listening.answered = []
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield listening
    listening.shutdown()
    listening.server_close()


class TestSend:
    def test_counts_each_whole_answer_once(self, server):
        done = load.send(server.server_port, iter([load.get("/well")] * 100), seconds=60)
        assert done.count == len(server.answered) == 100

    def test_ends_in_time_though_requests_are_without_end(self, server):
        done = load.send(server.server_port, iter(lambda: load.get("/well"), None), seconds=0.2)
        assert done.count == len(server.answered)
        assert done.count >= load.CONNECTIONS

    def test_refuses_to_count_failures(self, server):
        with pytest.raises(load.BadAnswer, match="500"):
            load.send(server.server_port, iter([load.get("/ill")]), seconds=60)


class TestFigure:
    def test_judges_the_median_or_its_ratio(self):
        rate = Figure("settlement", "/s", "TPC-B", 150, values=[100, 160, 170], ratios=[0.1, 0.1, 0.1])
        ratio = Figure("webhook", "/s", "/healthz", 0.5, True, values=[900] * 3, ratios=[0.4, 0.45, 0.6])
        assert (rate.verdict, ratio.verdict) == ("meets", "MISSES")

    def test_row_tells_spread_and_verdict(self):
        said = table([Figure("settlement", "/s", "TPC-B", 150, values=[100, 160, 170], ratios=[0.1, 0.2, 0.3])])
        assert "100 – 170" in said
        assert "0.2 (0.1 – 0.3)" in said
        assert "meets" in said
