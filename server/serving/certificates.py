"""A district's own certificate authority, and certificates for the pages of its probes: phones need a secure context.

Input are the names of pages; output are files in PEM.  The authority is installed once on a phone and can vouch for
nothing but names below its one domain and addresses of its one network (RFC 5280, section 4.2.1.10, critical), so that
whoever steals its key cannot stand between a phone and its bank.  Its key belongs on no probe.  No certificate is ever
revoked here: it ends.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from server.store.faults import whole_file
from sweep.phrases import Phrase

AUTHORITY_DAYS: Final = 3_650
"""Guessed: the life of a probe; a phone is given the next one by hand."""
PAGE_DAYS: Final = 397
"""Guessed: a probe is serviced once a year; iOS takes none of a private authority that lasts longer than 825 days."""
EARLY: Final = timedelta(hours=1)  # guessed: a phone's clock that is slow
DOMAIN: Final = re.compile(r"(?=.{1,200}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")


class CertificateError(ValueError):
    """A name that does not fit, or a file that is none of ours; in one line."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, in PEM."""

    certificate: bytes
    """Of a page: its own, and the authority's behind it."""
    key: bytes

    def write(self, certificate: Path, key: Path) -> None:
        """Into two files that are not there yet, the key for its owner only. Raises OSError."""
        for path, data, mode in ((key, self.key, 0o600), (certificate, self.certificate, 0o644)):
            write_new(path, data, mode)


def write_new(path: Path, data: bytes, mode: int = 0o600) -> None:
    """A whole file that was not there yet, or none. Raises OSError, NoRoomError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with whole_file(path), os.fdopen(descriptor, "wb") as file:
        file.write(data)


def make_authority(name: str, domain: str, network: IPv4Network, now: datetime) -> Pair:
    """An authority for names below `domain` and addresses of `network`; CertificateError for what is no domain."""
    if DOMAIN.fullmatch(domain) is None:
        raise CertificateError(Phrase("not_a_domain", domain=domain))
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    permitted: list[x509.GeneralName] = [x509.DNSName(domain), x509.IPAddress(network)]
    certificate = (
        _begun(named, named, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Pair(certificate.public_bytes(Encoding.PEM), _pem(key))


def make_page(authority: Pair, names: Sequence[str], now: datetime) -> Pair:
    """A certificate for a page under these names and addresses; CertificateError for one beyond the authority."""
    by, by_key = _read(authority)
    constraints = by.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives = [_alternative(name, constraints) for name in dict.fromkeys(names)]
    if not alternatives:
        raise CertificateError(Phrase("page_name_missing"))
    certificate = (
        _begun(x509.Name([]), by.subject, key.public_key(), now, PAGE_DAYS)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=True)  # critical where there is no subject
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(is_authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by_key.public_key()), critical=False)
        .sign(by_key, hashes.SHA256())
    )
    return Pair(certificate.public_bytes(Encoding.PEM) + by.public_bytes(Encoding.PEM), _pem(key))


def _alternative(name: str, constraints: Sequence[x509.GeneralName]) -> x509.GeneralName:
    try:
        address = ip_address(name)
    except ValueError:
        domains = [one.value for one in constraints if isinstance(one, x509.DNSName)]
        if DOMAIN.fullmatch(name) is None or not any(name.endswith(f".{domain}") for domain in domains):
            raise CertificateError(Phrase("name_not_below_domain", name=name, domains=" or ".join(domains))) from None
        return x509.DNSName(name)
    networks = [one.value for one in constraints if isinstance(one, x509.IPAddress)]
    if not any(
        isinstance(one, IPv4Network) and isinstance(address, IPv4Address) and address in one for one in networks
    ):
        raise CertificateError(Phrase("address_not_in_network", name=name, networks=" or ".join(map(str, networks))))
    return x509.IPAddress(address)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLY)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _read(authority: Pair) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        certificate = x509.load_pem_x509_certificate(authority.certificate)
        key = load_pem_private_key(authority.key, None)
        certificate.extensions.get_extension_for_class(x509.NameConstraints)
    except (ValueError, TypeError, x509.ExtensionNotFound) as error:
        raise CertificateError(Phrase("not_an_authority", why=type(error).__name__)) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise CertificateError(Phrase("authority_key_differs"))
    return certificate, key


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
