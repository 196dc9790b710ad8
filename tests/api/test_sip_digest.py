"""What a page's phone may say, and that the API's signature is the one the RFC tells."""

import pytest

from api.sip_digest import NotASeatsWord, SeatPhone, outgoing

pytestmark = pytest.mark.unit
MUFASA = SeatPhone("Mufasa", "Circle Of Life")
RFC = (
    'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", '
    'qop=auth, nc=00000001, cnonce="0a4f113b", response="00000000000000000000000000000000", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)


def message(method: str = "REGISTER", **headers: str) -> str:
    given = {
        "Via": "SIP/2.0/WS x.invalid", "From": '"李" <sip:Mufasa@hotline>;tag=a1', "To": "<sip:Mufasa@hotline>", "CSeq": f"1 {method}",
    } | headers  # fmt: skip
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"{method} sip:hotline SIP/2.0\r\n{lines}\r\nbody: x\r\nFrom: <sip:other@hotline>"


def test_the_signature_is_that_of_the_rfcs_example() -> None:
    """RFC 2617 3.5: the same account, nonce and method give the response printed there."""
    signed = outgoing(message("GET", Authorization=RFC).replace("CSeq: 1 GET", "CSeq: 1 GET"), MUFASA)
    assert 'response="6629fae49393a05397450978507c4ef1"' in signed
    assert "Circle" not in signed


def test_without_a_quality_of_protection_the_older_way_is_signed() -> None:
    old = 'Digest username="Mufasa", realm="r", nonce="n", uri="sip:hotline", response=""'
    assert 'response="8b86421f06946c84dd7a6909649089bd"' in outgoing(message(Authorization=old), MUFASA)


def test_what_needs_no_signature_passes_as_it_is() -> None:
    for text in (
        message("INVITE"),
        "\r\n\r\n",
        "SIP/2.0 200 OK\r\nFrom: <sip:anybody@x>\r\n\r\n",
        message("BYE", **{"From": "<sip:random@y.invalid>;tag=b", "To": "<sip:12345@x>;tag=c"}),
    ):
        assert outgoing(text, MUFASA) == text


@pytest.mark.parametrize(
    "text",
    [
        message(From="<sip:8002-web@hotline>;tag=a"),
        message(From="<sip:Mufasa@hotline>;tag=a\r\n <sip:8002@hotline>"),
        message(f="<sip:8002@hotline>;tag=b"),
        message(From="anybody"),
        message(Authorization=RFC.replace("Mufasa", "8002-web")),
        message(Authorization=RFC.replace("qop=auth", "qop=auth-int")),
        message(Authorization=RFC + ', algorithm="SHA-256"'),
        message(Authorization='Digest username="Mufasa", response="0"'),
        message(Authorization=RFC + ', response="1"'),
        message(Authorization="Basic TXVmYXNh"),
        message().replace("\r\n\r\n", "\n\n"),
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "REGISTER sip:hotline SIP/2.0\r\nFrom <sip:Mufasa@hotline>\r\n\r\n",
    ],
)
def test_a_word_in_anothers_name_or_of_no_known_shape_is_refused(text: str) -> None:
    with pytest.raises(NotASeatsWord):
        outgoing(text, MUFASA)
