"""An artifact's OpenSSF signature is verified with a real key and without reading the model."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from model_signing import hashing, signing

from fairlead.check.subjects import SignatureFact
from fairlead.declare.reader import Reader
from fairlead.domain.finding import Finding
from fairlead.domain.gate import SignatureRules
from fairlead.domain.lock import Lock, LockedFile, tree_digest
from fairlead.drivers.folder import FolderTree
from fairlead.drivers.model_signature import SignatureRefusedError, verify_model_signature
from fairlead.flows.init import init
from fairlead.flows.judging.supply_chain import signature_of
from fairlead.flows.lock import lock
from fairlead.kernel.errors import BrokenWorldError

RULES = SignatureRules(required=True, keys=("keys/ours.pem",))


class Publisher:
    """A workspace whose example model is a folder of files, and two key pairs."""

    def __init__(self, root: Path) -> None:
        """Nothing is signed yet."""
        self.root = root / "acme"
        init(self.root)
        model = self.root / "models/example"
        self.files = self.root / "artifact"
        (self.files / "parts").mkdir(parents=True)
        shutil.move(model / "model.onnx", self.files)
        (self.files / "parts/words.txt").write_text("words")
        declared = (model / "model.yaml").read_text()
        (model / "model.yaml").write_text(declared.replace("file:models/example/model.onnx", "file:artifact"))
        self.keys = {name: self._key(root / f"{name}.key") for name in ("ours", "theirs")}
        self.key_folder = root

    def _key(self, place: Path) -> bytes:
        key = ec.generate_private_key(ec.SECP256R1())
        private, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        place.write_bytes(key.private_bytes(serialization.Encoding.PEM, private, plain))
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return key.public_key().public_bytes(serialization.Encoding.PEM, form)

    def sign(self, who: str = "ours", *, shards: bool = False, leave_out: tuple[str, ...] = ()) -> None:
        """Sign the artifact as its publisher does."""
        made = signing.Config()  # type: ignore[no-untyped-call]  # typed only in part
        config = made.use_elliptic_key_signer(private_key=self.key_folder / f"{who}.key")
        plain = hashing.Config()  # type: ignore[no-untyped-call]
        hashed = plain.set_ignored_paths(
            paths=[self.files / "model.sig", *(self.files / each for each in leave_out)], ignore_git_paths=True
        )
        if shards:
            hashed = hashed.use_shard_serialization()
        config.set_hashing_config(hashed).sign(self.files, self.files / "model.sig")

    def judged(self, rules: SignatureRules = RULES, *believed: str) -> tuple[SignatureFact | None, list[str]]:
        """What the gate knows, and the rules that were broken, after locking anew."""
        assert lock(self.root).findings == ()
        return self.seen(rules, *believed)

    def seen(self, rules: SignatureRules = RULES, *believed: str) -> tuple[SignatureFact | None, list[str]]:
        """The same with the lock as it is."""
        fact, findings = self.asked(rules, *believed)
        return fact, [each.rule for each in findings]

    def asked(self, rules: SignatureRules, *believed: str) -> tuple[SignatureFact | None, tuple[Finding, ...]]:
        """The fact and the findings."""
        tree = FolderTree(self.root)
        keys = {f"keys/{name}.pem": self.keys[name] for name in believed or ("ours",)}
        return signature_of(tree, Reader().read(tree).models["example"], rules, keys)


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    """An unsigned artifact."""
    return Publisher(tmp_path)


def test_a_signature_that_holds(publisher: Publisher) -> None:
    """The key that signed is named, also where several are believed."""
    publisher.sign()
    holds: tuple[SignatureFact, list[str]] = (SignatureFact(present=True, valid=True, signer="keys/ours.pem"), [])
    assert publisher.judged() == holds
    assert publisher.judged(RULES, "theirs", "ours") == holds


def test_an_unsigned_model(publisher: Publisher) -> None:
    """A finding where a signature is demanded; else it is only known."""
    missing = SignatureFact(present=False, valid=False)
    assert publisher.judged() == (missing, ["scan/signature"])
    assert publisher.judged(SignatureRules(keys=("keys/ours.pem",))) == (missing, [])


def test_another_key(publisher: Publisher) -> None:
    """A signature of somebody whom nobody believes is none."""
    publisher.sign("theirs")
    assert publisher.judged() == (SignatureFact(present=True, valid=False), ["scan/signature"])


@pytest.mark.parametrize("change", ["other", "more", "less"])
def test_other_files_than_were_signed(publisher: Publisher, change: str) -> None:
    """A changed, an added and a removed file: locked anew they are consistent, and still not what was signed."""
    publisher.sign()
    words = publisher.files / "parts/words.txt"
    if change == "other":
        words.write_text("other words")
    elif change == "more":
        (publisher.files / "more.txt").write_text("more")
    else:
        words.unlink()
    assert publisher.judged()[1] == ["scan/signature"]


def test_a_file_that_the_signer_left_out(publisher: Publisher) -> None:
    """The library lets a signer leave files out; what nobody signed does not run here."""
    publisher.sign(leave_out=("parts",))
    assert publisher.judged()[1] == ["scan/signature"]


def test_git_files_are_no_part_of_a_model(publisher: Publisher) -> None:
    """As in the library: .gitattributes of a hub's repository is not signed, and needs not be."""
    (publisher.files / ".gitattributes").write_text("*.onnx filter=lfs")
    publisher.sign()
    assert publisher.judged()[1] == []


def test_parts_of_files_cannot_be_compared(publisher: Publisher) -> None:
    """A manifest by shards does not say the files' digests; it is refused rather than trusted."""
    publisher.sign(shards=True)
    assert publisher.judged()[1] == ["scan/signature"]


def test_a_signature_from_elsewhere(publisher: Publisher) -> None:
    """The payload of one signature under the signature of another does not hold."""
    publisher.sign("theirs")
    theirs = json.loads((publisher.files / "model.sig").read_text())
    (publisher.files / "parts/words.txt").write_text("first")
    publisher.sign()
    mixed = json.loads((publisher.files / "model.sig").read_text())
    mixed["dsseEnvelope"]["payload"] = theirs["dsseEnvelope"]["payload"]
    (publisher.files / "parts/words.txt").write_text("words")
    (publisher.files / "model.sig").write_text(json.dumps(mixed))
    assert publisher.judged()[1] == ["scan/signature"]


@pytest.mark.parametrize("signature", [b"", b"{}", b"[]", b"\xff", b"null", b'{"dsseEnvelope": {}}', b"[" * 100_000])
def test_what_is_no_signature(publisher: Publisher, signature: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is in the file, it is refused; nothing is printed, since standard output is the command's."""
    (publisher.files / "model.sig").write_bytes(signature)
    assert publisher.judged()[1] == ["scan/signature"]
    assert capsys.readouterr().out == ""


def test_bytes_that_are_not_locked(publisher: Publisher) -> None:
    """A signature that was changed after the lock is not even looked at."""
    publisher.sign()
    publisher.judged()
    (publisher.files / "model.sig").write_bytes(b"x" * (publisher.files / "model.sig").stat().st_size)
    fact, findings = publisher.asked(RULES)
    assert fact is None
    assert [f"{each.rule} {each.severity}" for each in findings] == ["scan/unread-signature insufficient"]


def test_a_key_that_is_none(publisher: Publisher) -> None:
    """A broken key believes nothing; no key at all believes nobody."""
    publisher.sign()
    publisher.keys["ours"] = b"-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----\n"
    assert publisher.judged()[1] == ["scan/signature"]
    with pytest.raises(SignatureRefusedError, match="no key is believed"):
        verify_model_signature(b"{}", "model.sig", Lock("", "", (), ""), {})


def test_a_large_model_is_not_read(publisher: Publisher) -> None:
    """The lock's digests are enough: a file of ten gigabytes that is not even there is verified."""
    publisher.sign()
    publisher.judged()
    signed = Reader().read(FolderTree(publisher.root)).models["example"].lock
    assert signed is not None
    signature = (publisher.files / "model.sig").read_bytes()
    shutil.rmtree(publisher.files)
    assert verify_model_signature(signature, "model.sig", signed, {"ours": publisher.keys["ours"]}) == "ours"
    files = (*signed.files, LockedFile("huge.bin", "0" * 64, 10 << 30))
    more = Lock(signed.uri, signed.revision, files, tree_digest(files))
    with pytest.raises(SignatureRefusedError, match=r"huge\.bin"):
        verify_model_signature(signature, "model.sig", more, {"ours": publisher.keys["ours"]})


def test_without_the_library(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra to install; a missing library is no pass."""
    publisher.sign()
    publisher.judged()
    monkeypatch.setitem(sys.modules, "model_signing", None)
    with pytest.raises(BrokenWorldError, match=r"fairlead\[signing\]"):
        publisher.seen()
