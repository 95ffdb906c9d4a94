"""Every ending of a call, against real sockets."""

import logging
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from providers import http
from providers.errors import (
    CredentialsRefused,
    NotSent,
    OutcomeUnknown,
    ProviderFault,
    RequestRefused,
    SlowDown,
    UnreadableAnswer,
)

SHORT = http.Limits(connect_seconds=0.5, read_seconds=0.4, total_seconds=0.8, body_bytes=10_000)
SECRET = "Bearer wave_sn_prod_secret"
CALL = http.Call("probe", "POST", "/v1/things", headers={"Authorization": SECRET}, body=b"{}", reference="pay_1")


def read_code(document: object) -> str:
    return str(document.get("code", "")) if isinstance(document, dict) else ""


def client(base_url: str, limits: http.Limits = SHORT) -> http.Client:
    return http.Client(provider="wave", base_url=base_url, read_code=read_code, limits=limits)


def spoken(body: bytes, status: str = "200 OK", headers: str = ""):
    """Says one whole answer and hangs up."""

    def speak(connection: socket.socket) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        connection.sendall(head.encode() + body)

    return speak


def fault_of(base_url: str, limits: http.Limits = SHORT) -> ProviderFault:
    with pytest.raises(ProviderFault) as caught:
        client(base_url, limits).send(CALL)
    return caught.value


class TestSend:
    def test_gives_the_document_with_exact_numbers(self, line):
        answer = client(line(spoken(b'{"rate": 0.1, "count": 3}'))).send(CALL)
        assert str(answer.document["rate"]) == "0.1"
        assert answer.document["count"] == 3

    @pytest.mark.parametrize(
        ("header", "dated"),
        [
            ("Date: Fri, 27 Nov 2026 10:00:00 GMT\r\n", datetime(2026, 11, 27, 10, tzinfo=UTC)),
            ("Date: yesterday\r\n", None),
            ("Date: Fri, 27 Nov 2026 10:00:00 -0000\r\n", None),
            ("", None),
        ],
    )
    def test_says_when_by_the_other_sides_clock(self, line, header, dated):
        assert client(line(spoken(b"{}", headers=header))).send(CALL).dated == dated

    def test_gives_none_for_an_empty_answer(self, line):
        assert client(line(spoken(b""))).send(CALL).document is None

    def test_sends_the_bytes_it_was_given(self, line):
        body = '{"b":1, "a":"é"}'.encode()
        client(line(spoken(b""))).send(http.Call("probe", "POST", "/v1/things", headers={}, body=body))
        assert line.requests[0].startswith(b"POST /v1/things HTTP/1.1\r\n")
        assert line.requests[0].endswith(b"\r\n\r\n" + body)

    @pytest.mark.parametrize("status", ["500 Oops", "502 Bad gateway", "503 Later", "504 Slow", "408 Slow"])
    def test_cannot_know_after_a_server_error(self, line, status):
        fault = fault_of(line(spoken(b'{"code":"internal-server-error"}', status)))
        assert type(fault) is OutcomeUnknown
        assert fault.code == "internal-server-error"
        assert not fault.same_reference_may_be_sent_again
        assert not fault.nothing_happened

    def test_does_without_the_code_of_a_page(self, line):
        fault = fault_of(line(spoken(b"<html>Bad gateway</html>", "502 Bad gateway")))
        assert (type(fault), fault.code) == (OutcomeUnknown, "")

    @pytest.mark.parametrize("status", ["400 Bad", "404 Nowhere", "409 Conflict", "422 Wrong"])
    def test_knows_that_a_refused_request_did_nothing(self, line, status):
        fault = fault_of(line(spoken(b'{"code":"request-validation-error"}', status)))
        assert type(fault) is RequestRefused
        assert (fault.code, fault.status) == ("request-validation-error", int(status[:3]))

    @pytest.mark.parametrize("body", [b"<html>Not found</html>", b"", b'{"detail":"Not found"}'])
    def test_takes_no_proxys_page_for_a_refusal(self, line, body):
        assert isinstance(fault_of(line(spoken(body, "404 Nowhere"))), UnreadableAnswer)

    @pytest.mark.parametrize("status", ["401 Who", "403 No"])
    def test_tells_refused_credentials_apart(self, line, status):
        assert type(fault_of(line(spoken(b'{"code":"api-key-revoked"}', status)))) is CredentialsRefused

    @pytest.mark.parametrize(
        ("header", "seconds"), [("Retry-After: 7\r\n", 7), ("", None), ("Retry-After: -1\r\n", None)]
    )
    def test_passes_on_how_long_to_slow_down(self, line, header, seconds):
        fault = fault_of(line(spoken(b"{}", "429 Slower", header)))
        assert isinstance(fault, SlowDown)
        assert fault.retry_after_seconds == seconds
        assert fault.same_reference_may_be_sent_again

    def test_ends_in_time_when_nothing_is_answered(self, line):
        started = time.monotonic()
        fault = fault_of(line(lambda connection: time.sleep(1)))
        assert type(fault) is OutcomeUnknown
        assert time.monotonic() - started < SHORT.total_seconds

    @pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"], ids=["head", "body"])
    def test_ends_in_time_when_bytes_drip(self, line, head):
        def drip(connection: socket.socket) -> None:
            connection.sendall(head)
            for _ in range(40):
                connection.sendall(b"H")
                time.sleep(0.1)  # always sooner than the read time-out

        started = time.monotonic()
        fault = fault_of(line(drip))
        assert type(fault) is OutcomeUnknown
        assert "total time" in str(fault)
        assert 0.7 < time.monotonic() - started < 1.5

    def test_cannot_know_when_the_connection_is_lost(self, line):
        assert type(fault_of(line(lambda connection: None))) is OutcomeUnknown

    def test_cannot_know_when_the_answer_is_cut_short(self, line):
        def cut(connection: socket.socket) -> None:
            connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id": "cos-1"}')

        assert type(fault_of(line(cut))) is OutcomeUnknown

    def test_knows_that_nothing_left_when_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        fault = fault_of(f"http://127.0.0.1:{port}")
        assert type(fault) is NotSent
        assert fault.nothing_happened

    def test_knows_that_nothing_left_when_the_name_is_unknown(self):
        assert type(fault_of("http://api.wave.invalid")) is NotSent

    @pytest.mark.parametrize(
        "body",
        [
            b"<html>Bad gateway</html>",
            b'{"id": "cos-1"',
            b'{"id": NaN}',
            b'{"id": 1, "id": 2}',
            b'{"id": "\xff"}',
            b'{"id": "\\ud800"}',
            b'{"id": "a\\u0000b"}',
            b"[" * 9_000,
            b"1" * 9_000,
        ],
    )
    def test_cannot_read_what_is_not_strict_json(self, line, body):
        assert isinstance(fault_of(line(spoken(body))), UnreadableAnswer)

    def test_keeps_a_masked_sample_of_the_unreadable(self, line):
        fault = fault_of(line(spoken(b"<html>+221771234567 Bearer abc</html>")))
        assert fault.sample == "<html>+22177•••••67 Bearer •••"

    def test_reads_no_more_than_the_limit(self, line):
        def flood(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
            for _ in range(800):
                connection.sendall(b" " * 65_536)

        fault = fault_of(line(flood))
        assert isinstance(fault, UnreadableAnswer)
        assert "10000 bytes" in str(fault)

    def test_never_unpacks(self, line):
        assert isinstance(fault_of(line(spoken(b"{}", headers="Content-Encoding: gzip\r\n"))), UnreadableAnswer)

    def test_follows_no_redirect(self, line):
        visited = []
        other = line(lambda connection: visited.append(1))
        fault = fault_of(line(spoken(b"", "302 Found", f"Location: {other}/v1/things\r\n")))
        assert isinstance(fault, UnreadableAnswer)
        assert fault.status == 302
        assert visited == []

    def test_says_nothing_secret(self, line, caplog):
        caplog.set_level(logging.DEBUG)
        call = http.Call(
            "probe",
            "POST",
            "/v1/+221771234567",
            headers={"Authorization": f"{SECRET}\nX: y"},  # requests complains and quotes the header
            body=b'{"mobile":"+221771234567"}',
            reference="pay_1",
        )
        with pytest.raises(NotSent) as caught:
            client(line(spoken(b"{}"))).send(call)
        written = caplog.text + str(caught.value) + repr(call)
        assert "reference=pay_1" in caplog.text
        assert "wave_sn_prod_secret" not in written
        assert "1771234567" not in caplog.text

    def test_takes_no_line_break_into_the_log(self, line, caplog):
        caplog.set_level(logging.INFO)
        fault = fault_of(line(spoken(b'{"code":"x\\nevent=forged"}', "400 Bad")))
        assert fault.code == ""
        assert "forged" not in caplog.text


@pytest.fixture
def certificate(tmp_path):
    """A certificate nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
def tls_drip(certificate):
    """A TLS server on a free port that completes the handshake and then drips."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(65_536)
                for _ in range(40):
                    secure.sendall(b"H")
                    time.sleep(0.1)
        except OSError:
            connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    thread.join()
    listener.close()


class TestTls:
    def test_refuses_a_certificate_nobody_vouches_for(self, tls_drip):
        assert type(fault_of(tls_drip)) is NotSent

    def test_is_cut_in_time_too(self, tls_drip, certificate, monkeypatch):
        monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))
        started = time.monotonic()
        fault = fault_of(tls_drip)
        assert type(fault) is OutcomeUnknown
        assert time.monotonic() - started < 1.5
