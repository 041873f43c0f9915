"""A document is fetched as its target is asked: with the certificates of the run, and with the target's own headers."""

import datetime
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bookplate.contract.lines import DocumentError
from bookplate.options import Options
from bookplate.planning import plan
from tests.fakes.server import Server

KEY = "made-up-key"
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Lamps", "version": "1"},
    "paths": {"/lamps": {"get": {"operationId": "list_lamps", "responses": {"200": {"description": "Lamps."}}}}},
}


class Locked(BaseHTTPRequestHandler):
    """Shows a document to callers with the key."""

    def do_GET(self) -> None:
        is_known = self.headers.get("X-Key") == KEY
        self.send_response(200 if is_known else 401)
        self.end_headers()
        self.wfile.write(json.dumps(DOCUMENT if is_known else {}).encode())

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


@pytest.fixture(name="certificate")
def _certificate(tmp_path: Path) -> Path:
    """Return a file with a certificate for 127.0.0.1 that nobody else trusts, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lamps")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "lamps.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + pem)
    return path


@pytest.fixture(name="site")
def _site(certificate: Path) -> Iterator[str]:
    """Return the address of a server of this machine that speaks TLS with the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Server(("127.0.0.1", 0), Locked) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("is_verified", [True, False])
def test_a_document_is_read_with_the_certificates_and_the_headers_of_the_run(
    site: str, certificate: Path, *, is_verified: bool
) -> None:
    trust = {"ca": str(certificate)} if is_verified else {"verify": False}
    options = Options(target=site, document=f"{site}/openapi.json", headers=[f"X-Key: {KEY}"], **trust)

    document = plan(options).document

    assert [operation.id for operation in document.operations] == ["list_lamps"]


def test_an_unknown_certificate_is_told_with_what_to_write(site: str) -> None:
    with pytest.raises(DocumentError, match=r"certificate verify failed.*: name its certificates with --ca FILE"):
        plan(Options(target=site, document=f"{site}/openapi.json", headers=[f"X-Key: {KEY}"]))


@pytest.mark.parametrize("target", ["http://127.0.0.1:1", "https://localhost:1"])
def test_headers_of_the_target_go_to_no_other_host(site: str, certificate: Path, target: str) -> None:
    options = Options(target=target, document=f"{site}/openapi.json", headers=[f"X-Key: {KEY}"], ca=str(certificate))

    with pytest.raises(DocumentError, match="is answered 401"):
        plan(options)
