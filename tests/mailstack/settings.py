"""What is written into the configuration files of Postfix and Dovecot, and the certificates. Starting is in `stack`."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Ports:
    """Where they listen on loopback: SMTP with STARTTLS and AUTH, IMAP in the clear, and IMAP over TLS."""

    smtp: int
    imap: int
    imaps: int


def dovecot(root: Path, ports: Ports, token_info: str) -> str:
    """dovecot.conf. `token_info`: the address that says whose a token is; the token is appended."""
    (root / "oauth2.conf").write_text(
        f"tokeninfo_url = {token_info}\nusername_attribute = username\nactive_attribute = active\nactive_value = yes\n"
    )
    return f"""
base_dir = {root}/dovecot
state_dir = {root}/dovecot
instance_name = {root.name}
protocols = imap lmtp
listen = 127.0.0.1
log_path = {root}/dovecot.log
mail_location = maildir:{root}/mail/%u
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
first_valid_gid = 1
mail_fsync = never
mail_max_userip_connections = 200
submission_host = 127.0.0.1:{ports.smtp}
ssl = yes
ssl_cert = <{root}/server.pem
ssl_key = <{root}/server.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
recipient_delimiter = +
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {root}/oauth2.conf
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN username_format=%u {root}/users/%u
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {root}/users/%u
  override_fields = uid=mail gid=mail home={root}/mail/%u
}}
service imap-login {{
  service_count = 0
  process_min_avail = 1
  inet_listener imap {{
    port = {ports.imap}
  }}
  inet_listener imaps {{
    port = {ports.imaps}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 256
}}
service lmtp {{
  unix_listener {root}/lmtp {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener {root}/queue/private/auth {{
    mode = 0666
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
namespace inbox {{
  inbox = yes
  mailbox Junk {{
    special_use = \\Junk
    auto = create
  }}
}}
protocol imap {{
  rawlog_dir = {root}/heard/%u
}}
protocol lmtp {{
  mail_plugins = sieve
}}
plugin {{
  sieve = file:{root}/sieve/%u.sieve
  sieve_vacation_dont_check_recipient = yes
}}
"""


def postfix_main(root: Path, domains: str) -> str:
    """main.cf. Mail for other domains than these goes nowhere."""
    return f"""
compatibility_level = 3.6
myhostname = mail.{domains.split()[0]}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/postfix.log
maillog_file_prefixes = {root}
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = static:all
virtual_transport = lmtp:unix:{root}/lmtp
recipient_delimiter = +
default_transport = discard
relay_transport = discard
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_tls_cert_file = {root}/server.pem
smtpd_tls_key_file = {root}/server.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_client_connection_count_limit = 0
message_size_limit = 120000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
in_flow_delay = 0
smtp_dns_support_level = disabled
"""


def postfix_master(ports: Ports) -> str:
    """master.cf: nothing is confined to a directory of its own, and nothing listens but the one port."""
    return f"""
127.0.0.1:{ports.smtp} inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
proxymap  unix  - - n - - proxymap
lmtp      unix  - - n - - lmtp
discard   unix  - - n - - discard
error     unix  - - n - - error
retry     unix  - - n - - error
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


def certificates(root: Path) -> None:
    """A certificate authority (ca.pem), and with its signature a server that is 127.0.0.1 (server.pem)."""
    authority, authority_key = _certificate("The tests' authority", None)
    server, server_key = _certificate("mail", authority_key)
    pem = serialization.Encoding.PEM
    secret = server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (root / "ca.pem").write_bytes(authority.public_bytes(pem))
    (root / "server.pem").write_bytes(server.public_bytes(pem) + secret)
    (root / "server.pem").chmod(0o600)


def _certificate(
    name: str, signed_by: ec.EllipticCurvePrivateKey | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = "The tests' authority" if signed_by else name
    made = (
        x509.CertificateBuilder(_name(issuer), _name(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=signed_by is None, path_length=None), True)
        .sign(signed_by or key, hashes.SHA256())
    )
    return made, key


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
