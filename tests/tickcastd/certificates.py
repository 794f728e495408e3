"""Certificates whose time is over, nearly over or not begun: warnings with the command that makes a
new one, which is run. Usage: certificates.py"""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import started
from started import Case

NAMES = [x509.DNSName("feed.example"), x509.DNSName("localhost"),
         x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
RUN = "; run: "


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Certificates(Case):
    def write_key(self, file):
        key = ec.generate_private_key(ec.SECP256R1())
        (self.folder / file).write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return key

    def write(self, file, key, begin, end, authority=None):
        """A certificate from `begin` to `end` days from now, signed by (key, subject) or itself."""
        now = datetime.datetime.utcnow()
        signer, issuer = authority or (key, "tickcast")
        made = (x509.CertificateBuilder().subject_name(name("tickcast")).issuer_name(name(issuer))
                .public_key(key.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(now + datetime.timedelta(begin))
                .not_valid_after(now + datetime.timedelta(end))
                .add_extension(x509.SubjectAlternativeName(NAMES), False)
                .sign(signer, hashes.SHA256()))
        (self.folder / file).write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def write_authority(self, file):
        now = datetime.datetime.utcnow()
        key = self.write_key(file + ".key")
        made = (x509.CertificateBuilder().subject_name(name("an authority"))
                .issuer_name(name("an authority")).public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(1))
                .not_valid_after(now + datetime.timedelta(900))
                .add_extension(x509.BasicConstraints(True, None), True)
                .sign(key, hashes.SHA256()))
        (self.folder / (file + ".pem")).write_bytes(made.public_bytes(serialization.Encoding.PEM))
        return key, "an authority"

    def warnings(self):
        check = self.start("--check", "--max-connections", "9", "--listen-tls", "127.0.0.1:0",
                           "--listen-tls", "[::1]:0", "--cert", "a cert.pem", "--key", "its.key", ready=False)
        self.assertEqual(check.wait(), 0, check.err)
        return [line[9:] for line in check.out.splitlines() if line.startswith("warning: ")]

    def warning(self, *parts):
        warnings = self.warnings()
        self.assertEqual(len(warnings), 1, warnings)
        for part in parts:
            self.assertIn(part, warnings[0])
        return warnings[0].partition(RUN)[2]

    def renewed(self, command, key):
        """The command makes a certificate for the same names with the same key, which is good."""
        self.paste(command)
        self.assertEqual(self.warnings(), [])
        made = x509.load_pem_x509_certificate((self.folder / "a cert.pem").read_bytes())
        self.same(made, key)
        left = made.not_valid_after - datetime.datetime.utcnow()
        self.assertTrue(363 <= left.days <= 365, left)
        return made

    def same(self, made, key):
        names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(list(names), NAMES)
        self.assertEqual(made.public_key().public_numbers(), key.public_key().public_numbers())

    def test_one_that_is_good_is_not_warned_of(self):
        key = self.write_key("its.key")
        self.write("a cert.pem", key, -1, 15)
        self.assertEqual(self.warnings(), [])

    def test_one_that_has_expired(self):
        key = self.write_key("its.key")
        self.write("a cert.pem", key, -30, -2)
        command = self.warning("certificate a cert.pem has expired, at 20", " UTC: clients refuse it;")
        made = self.renewed(command, key)
        self.assertEqual(made.issuer, name("tickcast"))

    def test_one_that_expires_soon(self):
        key = self.write_key("its.key")
        self.write("a cert.pem", key, -30, 13.5)
        self.renewed(self.warning("certificate a cert.pem expires in 13 days, at 20"), key)
        self.write("a cert.pem", key, -30, 1.5)
        self.renewed(self.warning("certificate a cert.pem expires in 1 day, at 20"), key)

    def test_the_daemon_starts_with_one_that_has_expired_and_warns(self):
        self.write("a cert.pem", self.write_key("its.key"), -30, -2)
        daemon = self.start("--listen-tls", "127.0.0.1:0", "--cert", "a cert.pem", "--key", "its.key")
        self.assertEqual(daemon.err.count("has expired"), 1)
        self.assertIn(" warning certificate a cert.pem has expired", daemon.err)
        self.assertIn("\n               openssl x509 ", daemon.out)
        self.assertEqual(daemon.stop(), 0)

    def test_one_of_an_authority_whose_key_is_here(self):
        key, authority = self.write_key("its.key"), self.write_authority("ca")
        self.write_authority("other")
        self.write("a cert.pem", key, -30, -2, authority)
        made = self.renewed(self.warning("has expired"), key)
        authority[0].public_key().verify(made.signature, made.tbs_certificate_bytes,
                                         ec.ECDSA(made.signature_hash_algorithm))

    def test_one_of_an_authority_elsewhere_gets_a_request(self):
        key, authority = self.write_key("its.key"), self.write_authority("ca")
        self.write("a cert.pem", key, -30, -2, authority)
        (self.folder / "ca.key").unlink()
        self.paste(self.warning("is signed by 'an authority' from this request"))
        request = x509.load_pem_x509_csr((self.folder / "a cert.pem.csr").read_bytes())
        self.assertTrue(request.is_signature_valid)
        self.same(request, key)

    def test_one_that_is_not_valid_yet(self):
        self.write("a cert.pem", self.write_key("its.key"), 1, 30)
        command = self.warning("is valid from 20", "which is not yet", "if `date -u` shows")
        self.assertRegex(command, r"^(sudo )?timedatectl set-ntp true$")

    def test_a_key_of_another_is_refused_and_named(self):
        self.write("a cert.pem", self.write_key("its.key"), -1, 90)
        self.write_key("its.key")
        check = self.start("--check", "--listen-tls", "127.0.0.1:0", "--cert", "a cert.pem", "--key",
                           "its.key", ready=False)
        self.assertEqual(check.wait(), 78)
        self.assertIn("private key does not belong to the certificate: its.key", check.err)


if __name__ == "__main__":
    started.main()
