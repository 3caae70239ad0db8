"""Passwords that stood in known breaches, are long enough, and that no other rule of ours refuses.

They are the 170 among the 30,000 most frequent of the list that zxcvbn 4.5.0 carries (MIT; taken on 2026-11-30), here
as the first twelve signs of their digests, so that nobody has to read them. Nothing is asked of anybody outside.
"""

from __future__ import annotations

import hashlib

_SIGNS = 12
_DIGESTS = frozenset((
    "0025f75704f0", "00a6b72d4089", "015000f4b58c", "024b4c2f2792", "02f51482f572", "032cc11fe7a5", "04959fa88109",
    "051925d03fd8", "0534141524b1", "05960492115b", "05bb432a4bf6", "07f531620367", "097cb6c325ae", "09938f9128d0",
    "09fba7943e22", "0d6ffddb8797", "0da0b943f322", "14864a6a23de", "16e539e883a2", "174cb7512149", "185efd4ce876",
    "18bf6edc8480", "194828bdf838", "1a6842ffcb68", "1a6bd4d9d79d", "1b01e30a19f9", "1b733e308971", "1c312dd6426a",
    "1c699d06d966", "1f454e8ce8d7", "20e7c2e89827", "23ce07fe87db", "243d023cc2b2", "2566a18cd1ea", "27eecf97f30d",
    "2889f546afa7", "2929e22f48b1", "2b0a8c234bb9", "2cb3809ee3ed", "2d543bbc12b7", "30005f56cf2f", "319bae28fe4e",
    "31f61e77f257", "33d73e23411c", "362799965c50", "36aa15a88e7a", "395f2910731c", "3b4da2e28ebe", "40f598cc7655",
    "4346ff92f5b5", "4379b1d20a05", "45c86bffcb91", "46a281cd3549", "481ec310c2a7", "4ac1f5aefd9b", "4c73d6c77d75",
    "50f48097e3e5", "53a60c9436d9", "58baa3c54af5", "59e20f694562", "5bd7adb02446", "5e610e6b4d82", "5e9286da8261",
    "5f3b3b614957", "5f50dd7274ef", "617034c22db6", "62d9b56b23a9", "64a8136bed81", "65bc867f68ff", "6678d43e742d",
    "66f1fa832d61", "6ae217164a1e", "6c5f285a9edb", "6eedfb96d727", "70e448ef3099", "715a97491c6a", "716f9ff92931",
    "7179b0b30988", "73476e382631", "7398cf10f29a", "74305616b2bc", "765ad9f4c7e6", "772f0fe1b26e", "775b9c200002",
    "780b10cfaaac", "789b99e92a4b", "7c36c5b0fb6b", "7dcac91aac91", "7fd06f0e2a61", "81d06fe91661", "8206d22f0437",
    "82ba701bc81f", "837035490f08", "845ba5e412d0", "84615b1a7bd7", "8768ced25e63", "8907a499b54a", "89352621a2e5",
    "89b00a2edf6d", "8c5cae7c0dd0", "8c6e96f7ab6a", "8df95026538f", "9015b3502a21", "9077d1af69c7", "909cde4a273e",
    "9457299b29ac", "953124f59650", "95b3af309926", "95ce70d9ede3", "9edd7412fe65", "a0364755a38a", "a2456ff061c4",
    "a627af4943c3", "a68bf3b2fed5", "a91f0cc24ff6", "ab8b9e02b326", "acf45488978d", "ae5deb865d39", "af57f9a21b58",
    "b0256f0ef4df", "b10e6427802e", "b28c22cd0450", "b2c37ed19a5d", "b51d7bea6d02", "b6b9010255ce", "b836be358fca",
    "bc5b3fe32e23", "bea7f08875bb", "c2bc829f2951", "c6558d2c1168", "c7e402258ee3", "c8ade45ed64f", "c8c38b9c8734",
    "c9034e49af2c", "cab18e5c0cdf", "cacfd5244003", "cb5e0fac75c9", "ce6428728f8a", "d1746e1ce9d1", "d25b1b53feda",
    "d52475ba9492", "d84a9a6b2b0f", "d86c8651b794", "d8aafc4b847c", "d8aecc652ce4", "db7ad950336e", "dbdcf01bf52c",
    "de6278ab9ed1", "e000f40fc4ec", "e12b82d1d8d7", "e168897bb493", "e4005e2c1578", "e49a33216d18", "e638180191fb",
    "e714ccb23a51", "e773bb5d9026", "e8f1ad2bdea3", "e9a2f4d0e1f0", "ecef7b1e64c7", "eee9c6e1906f", "eefa1c7e0c96",
    "ef52ace090cc", "f1fa5d6c2642", "f3eac56ea464", "f587d4d58660", "f5c9316b207a", "f5f1ce8f25d7", "f7bcd2d4e372",
    "f952b74b6083", "fa6e5e5a18a8",
))  # fmt: skip


def is_breached(password: str) -> bool:
    """Say whether a password, whatever the case of its letters, is one of them."""
    return hashlib.sha256(password.casefold().encode()).hexdigest()[:_SIGNS] in _DIGESTS
