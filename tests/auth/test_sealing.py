"""The key ring: what it seals opens for its purpose and owner, and for nobody else."""

from __future__ import annotations

import pytest

from auth.sealing import KeyRing, from_text, new_key, to_text

OLD, NEW = new_key(), new_key()
RING = KeyRing.parse(OLD)
ROTATED = KeyRing.parse(f"# newest first\n{NEW}  # made in November\n\n{OLD}\n")


def test_what_is_sealed_opens_for_its_purpose_and_owner() -> None:
    assert RING.open("list", "10086", RING.seal("list", "10086", b"secret")) == b"secret"


def test_another_owner_cannot_open() -> None:
    assert RING.open("list", "10087", RING.seal("list", "10086", b"secret")) is None


def test_another_purpose_cannot_open() -> None:
    assert RING.open("tokens", "10086", RING.seal("list", "10086", b"secret")) is None


def test_purpose_and_owner_cannot_borrow_letters_from_each_other() -> None:
    assert RING.open("lis", "t10086", RING.seal("list", "10086", b"secret")) is None


def test_a_flipped_byte_anywhere_does_not_open() -> None:
    blob = RING.seal("list", "10086", b"secret")
    spoilt = [blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :] for at in range(len(blob))]
    assert {RING.open("list", "10086", one) for one in spoilt} == {None}


def test_a_shortened_envelope_does_not_open() -> None:
    blob = RING.seal("list", "10086", b"secret")
    assert {RING.open("list", "10086", blob[:length]) for length in range(len(blob))} == {None}


def test_two_seals_of_the_same_are_different() -> None:
    assert RING.seal("list", "10086", b"secret") != RING.seal("list", "10086", b"secret")


def test_an_old_key_still_opens_after_rotation() -> None:
    assert ROTATED.open("list", "10086", RING.seal("list", "10086", b"secret")) == b"secret"


def test_the_newest_key_seals() -> None:
    assert KeyRing.parse(NEW).open("list", "1", ROTATED.seal("list", "1", b"secret")) == b"secret"


def test_a_dropped_key_no_longer_opens() -> None:
    assert KeyRing.parse(NEW).open("list", "10086", RING.seal("list", "10086", b"secret")) is None


def test_a_reference_is_the_same_each_time() -> None:
    assert RING.refer("open", "10086", b"item") == RING.refer("open", "10086", b"item")


def test_a_reference_resolves_for_its_owner() -> None:
    assert RING.resolve("open", "10086", RING.refer("open", "10086", b"item")) == b"item"


def test_a_reference_of_somebody_else_does_not_resolve() -> None:
    assert RING.resolve("open", "10087", RING.refer("open", "10086", b"item")) is None


def test_a_reference_from_before_the_rotation_resolves() -> None:
    assert ROTATED.resolve("open", "10086", RING.refer("open", "10086", b"item")) == b"item"


@pytest.mark.parametrize("text", ["", "A", "AA", "....", "王芳", "A" * 9000, "AQg", "AQ==", "AQ\n", "a+b/"])
def test_a_text_that_is_no_reference_does_not_resolve(text: str) -> None:
    assert RING.resolve("open", "10086", text) is None


def test_a_sealed_envelope_is_no_reference() -> None:
    assert RING.resolve("open", "10086", to_text(RING.seal("open", "10086", b"item"))) is None


def test_a_digest_tells_purposes_apart() -> None:
    assert RING.digest("account", "10086") != RING.digest("subject", "10086")


def test_a_digest_is_sixteen_hex_characters() -> None:
    assert len(bytes.fromhex(RING.digest("account", "10086"))) == 8


def test_a_text_has_one_spelling_only() -> None:
    assert from_text("AB") is None  # its last four bits are lost; "AA" is the spelling


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The key ring is empty: it needs at least one line '<id> <key>'."),
        ("# nothing", "The key ring is empty: it needs at least one line '<id> <key>'."),
        ("one", "Line 1 of the key ring must be '<id> <base64url of 32 bytes>'."),
        ("\na b c", "Line 2 of the key ring must be '<id> <base64url of 32 bytes>'."),
        ("é " + "A" * 43, "Line 1 of the key ring: an id is 1 to 16 of A-Z a-z 0-9 _ -."),
        ("a AAAA", "Line 1 of the key ring: the key must be base64url of exactly 32 bytes."),
        (f"a {'!' * 43}", "Line 1 of the key ring: the key must be base64url of exactly 32 bytes."),
        (
            f"a {'A' * 43}\na {'A' * 43}",
            "Two keys of the ring have the same id: give each line its own.",
        ),
    ],
)
def test_a_bad_key_file_is_explained_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        KeyRing.parse(text)
    assert str(caught.value) == sentence
