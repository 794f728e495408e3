"""What scanners think of a TLS listener: testssl.sh and sslscan find nothing that is not good. (That
sessions are resumed on every shard, after a reload and after a restart is in test_tls.py.)"""
import concurrent.futures
import json
import subprocess
import xml.etree.ElementTree

from harness import PATIENCE, Case, folder, main

# What they miss is of the certificate of the tests, not of the listener: its authority is nobody's and
# has no place where it tells what it revoked. And of the scanner: Debian's OpenSSL has no engine for
# GOST, and as a client at the end of its input it may leave before the ticket of TLS 1.3 comes.
NOT_OF_THE_LISTENER = {"cert_chain_of_trust": "chain incomplete", "cert_revocation": "Neither CRL nor OCSP",
                       "engine_problem": "No engine or GOST", "sessionresumption_ticket": "connect problem"}
ATTEMPTS = 4
PARTS = (["--protocols", "--std", "--server-preference", "--fs"], ["--server-defaults"], ["--vulnerable"])
CIPHERS = {"TLSv1.2": {"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256",
                       "ECDHE-ECDSA-CHACHA20-POLY1305"},
           "TLSv1.3": {"TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"}}


class Grade(Case):
    def where(self):
        return f"127.0.0.1:{self.broker.ports['wss']}"

    def scan(self, part):
        """What was looked at, and what of it is not good. The scanner waits for some answers a few seconds
        only and tells of silence as of a flaw: one of the listener is found at each attempt."""
        report = folder() / f"testssl{part[0]}.json"
        for _ in range(ATTEMPTS):
            report.unlink(missing_ok=True)
            subprocess.run(["testssl", "--openssl=/usr/bin/openssl", "--quiet", "--color", "0", "--warnings", "off",
                            "--nodns", "none", *part, "--jsonfile", report, self.where()],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
            found = json.loads(report.read_text())
            bad = [row for row in found if row["severity"] not in ("OK", "INFO") and
                   NOT_OF_THE_LISTENER.get(row["id"], "\0") not in row["finding"]]
            if not bad:
                break
        return {row["id"] for row in found}, bad

    def test_testssl_finds_nothing_that_is_not_good(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            scans = list(pool.map(self.scan, PARTS))
        names = set().union(*(names for names, _ in scans))
        for name in ("SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3", "PFS", "cipherlist_NULL", "CRIME_TLS",
                     "cipherlist_AVERAGE", "secure_renego", "secure_client_renego", "BEAST", "LUCKY13", "SWEET32",
                     "heartbleed", "ROBOT", "cert_signatureAlgorithm", "TLS_session_ticket"):
            self.assertIn(name, names, "was not looked at")
        self.assertEqual([row for _, bad in scans for row in bad], [])

    def test_sslscan_finds_what_is_meant_to_be_there(self):
        said = subprocess.run(["sslscan", f"--timeout={PATIENCE}", "--xml=-", self.where()],
                              capture_output=True, check=True, timeout=10 * PATIENCE).stdout
        scanned = xml.etree.ElementTree.fromstring(said).find("ssltest")
        enabled = {f"{row.get('type')} {row.get('version')}" for row in scanned.iter("protocol")
                   if row.get("enabled") == "1"}
        self.assertEqual(enabled, {"tls 1.2", "tls 1.3"})
        ciphers = {}
        for row in scanned.iter("cipher"):
            ciphers.setdefault(row.get("sslversion"), set()).add(row.get("cipher"))
        self.assertEqual(ciphers, CIPHERS)
        self.assertEqual(scanned.find("renegotiation").get("supported"), "0")
        self.assertEqual({row.get("vulnerable") for row in scanned.iter("heartbleed")}, {"0"})

    def test_a_client_that_wants_to_negotiate_again_is_refused(self):
        client = subprocess.Popen(["openssl", "s_client", "-tls1_2", "-connect", self.where()], text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(client.kill)
        said = ""
        for line in client.stdout:
            said += line
            if "Extended master secret" in line:  # its last line before it reads its input
                break
        self.assertIn("Secure Renegotiation IS supported", said)
        self.assertIn("Compression: NONE", said)
        client.stdin.write("R\n")
        client.stdin.flush()  # and not closed before there is an answer: it would leave
        said = "".join(client.stdout)
        client.communicate(timeout=PATIENCE)
        self.assertIn("RENEGOTIATING", said)
        self.assertIn("no renegotiation", said)


if __name__ == "__main__":
    main()
