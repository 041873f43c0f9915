"""Which certificates are trusted: the same ones for every request of a run, by whatever it is sent."""

import os
import ssl
from functools import cache

# Where a machine says which file of certificates counts, in the order in which they are asked: OpenSSL's name, then those
# of requests and of curl.
VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@cache
def authorities(ca: str | None, *, verify: bool) -> ssl.SSLContext:
    """
    Return the authorities that are trusted: those of the file `ca`, of this machine where it is None, any without `verify`.

    Reading them takes longer than a request, and every address asks. OSError where the file cannot be read.
    """
    named = next((os.environ[name] for name in VARIABLES if os.environ.get(name)), None)
    context = ssl.create_default_context(cafile=ca or named)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
