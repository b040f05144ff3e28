"""ECDSA on P-256 (FIPS 186-5, section 6.4.2), written out: an independent judge of signatures, and no signer."""

import hashlib

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
A, B = P - 3, 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
KEY_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200" "04")
KEY_BYTES = 91


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] + A) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(k, point):
    result = None
    while k:
        if k & 1:
            result = add(result, point)
        point, k = add(point, point), k >> 1
    return result


def key_of(der):
    """The point in a SubjectPublicKeyInfo; ValueError when it is none of P-256."""
    if len(der) != KEY_BYTES or not der.startswith(KEY_HEAD):
        raise ValueError("no public key on P-256")
    x, y = int.from_bytes(der[-64:-32], "big"), int.from_bytes(der[-32:], "big")
    if x >= P or y >= P or (y * y - (x * x * x + A * x + B)) % P:
        raise ValueError("the point is not on the curve")
    return x, y


def numbers_of(der):
    """(r, s) of a DER signature in its shortest form."""
    def integer(at):
        if der[at:at + 1] != b"\x02":
            raise ValueError("no integer")
        body = der[at + 2:at + 2 + der[at + 1]]
        if len(body) != der[at + 1] or not body or body[0] & 0x80 or (len(body) > 1 and body[0] == 0 and not body[1] & 0x80):
            raise ValueError("not the shortest form")
        return int.from_bytes(body, "big"), at + 2 + len(body)

    try:
        if der[0] != 0x30 or der[1] != len(der) - 2:
            raise ValueError("no sequence")
        r, at = integer(2)
        s, at = integer(at)
    except IndexError as error:
        raise ValueError("cut short") from error
    if at != len(der):
        raise ValueError("bytes behind it")
    return r, s


def verify(key_der, signature_der, message):
    """Did the key's owner sign this message with SHA-256? ValueError when key or signature is malformed."""
    key, (r, s) = key_of(key_der), numbers_of(signature_der)
    if not (0 < r < N and 0 < s < N):
        return False
    digest, inverse = int.from_bytes(hashlib.sha256(message).digest(), "big"), pow(s, -1, N)
    point = add(multiply(digest * inverse % N, G), multiply(r * inverse % N, key))
    return point is not None and point[0] % N == r
