"""`hf://org/name@revision`: a model repository of the Hugging Face Hub, or of a mirror of it named by HF_ENDPOINT.

Wire contract: `GET /api/models/{id}/revision/{revision}?blobs=true` for the commit and the files with size and LFS
sha256; `GET /{id}/resolve/{commit}/{path}` with `Range` for the bytes, which may redirect to another host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from fairlead.domain.lock import Lock, LockedFile, tree_digest
from fairlead.domain.lock_text import is_safe_path
from fairlead.kernel.digests import sha256_stream
from fairlead.kernel.errors import BrokenWorldError, IntegrityError
from fairlead.ports import Progress
from fairlead.resolve.sources.base import PointerError, SourceWorld

__all__ = ["HubSource"]

_URI = re.compile(r"hf://(?P<repo>[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?)(?:@(?P<revision>[\w./-]+))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_DEFAULT_ENDPOINT = "https://huggingface.co"
_TIMEOUT = 30.0
"""Seconds without a byte after which a transfer counts as broken."""

_RECONNECTS = 3
"""Times that a transfer which broke without a single new byte is taken up again."""

_HTTP_PARTIAL, _HTTP_OUT_OF_RANGE = 206, 416


class HubSource:
    """Model repositories of one hub."""

    def __init__(self, world: SourceWorld) -> None:
        environ = world.environ
        self._endpoint = environ.get("HF_ENDPOINT", _DEFAULT_ENDPOINT).rstrip("/")
        self._token = environ.get("HF_TOKEN") or None

    def pin(self, uri: str, progress: Progress) -> Lock:
        """The commit that the revision names now, and its files; those without a stored sha256 are read to get it."""
        repo, revision = _parts(uri)
        info = self._info(repo, revision)
        siblings = info.siblings or []
        total = sum(sibling.size or 0 for sibling in siblings)
        done, files = 0, []
        for sibling in sorted(siblings, key=lambda each: str(each.rfilename)):
            files.append(self._pin_file(repo, info.sha, sibling))
            done += files[-1].size
            progress(done, total, files[-1].path)
        if not files:
            raise PointerError("resolve/missing-artifact", "the repository holds no file", "choose another revision")
        return Lock(uri, info.sha, tuple(files), tree_digest(files))

    def open(self, lock: Lock, file: LockedFile, offset: int) -> Iterable[bytes]:
        """Stream a file of the locked commit; a broken transfer is taken up again where it broke."""
        repo, _ = _parts(lock.uri)
        if not _COMMIT.fullmatch(lock.revision):
            raise IntegrityError("the lock names no commit of the hub", where=lock.uri, mend="lock the model again")
        return self._stream(repo, lock.revision, file.path, offset)

    def _info(self, repo: str, revision: str) -> Any:  # noqa: ANN401 - the library's ModelInfo, imported late
        import httpx2
        from huggingface_hub import HfApi, errors

        api = HfApi(endpoint=self._endpoint, token=self._token)
        try:
            info = api.model_info(repo, revision=revision, files_metadata=True, timeout=_TIMEOUT)
        except errors.GatedRepoError as error:
            mend = "accept its terms on the hub, and set HF_TOKEN"
            raise PointerError("resolve/not-allowed", f"`{repo}` is gated", mend) from error
        except errors.RepositoryNotFoundError as error:
            mend = "check the name; for a private repository set HF_TOKEN"
            raise PointerError("resolve/missing-artifact", f"the hub has no repository `{repo}`", mend) from error
        except errors.RevisionNotFoundError as error:
            message = f"`{repo}` has no revision `{revision}`"
            raise PointerError("resolve/missing-artifact", message, "give a branch, tag or commit of it") from error
        except (errors.HFValidationError, errors.BadRequestError) as error:
            message = f"the hub refuses the name `{repo}`"
            raise PointerError("resolve/bad-pointer", message, "write hf://org/name@revision") from error
        except (httpx2.HTTPError, OSError) as error:
            raise self._broken(error) from error
        if not _COMMIT.fullmatch(info.sha or ""):
            raise BrokenWorldError("the hub named no commit for the revision", where=self._endpoint)
        return info

    def _pin_file(self, repo: str, commit: str, sibling: Any) -> LockedFile:  # noqa: ANN401 - the library's RepoSibling
        path = str(sibling.rfilename)
        if not is_safe_path(path):
            raise PointerError("resolve/unsafe-path", f"the repository holds an unsafe path {path!r}", "do not use it")
        if sibling.lfs is not None:
            return LockedFile(path, str(sibling.lfs.sha256), int(sibling.lfs.size))
        sha256, size = sha256_stream(self._stream(repo, commit, path, 0))
        return LockedFile(path, sha256, size)

    def _stream(self, repo: str, commit: str, path: str, offset: int) -> Iterator[bytes]:
        import httpx2

        left = _RECONNECTS
        while True:
            start = offset
            try:
                for chunk in self._request(repo, commit, path, offset):
                    offset += len(chunk)
                    yield chunk
            except (httpx2.TransportError, OSError) as error:
                left = _RECONNECTS if offset > start else left - 1
                if not left:
                    raise self._broken(error) from error
            else:
                return

    def _request(self, repo: str, commit: str, path: str, offset: int) -> Iterator[bytes]:
        from huggingface_hub import get_session
        from huggingface_hub.utils._headers import build_hf_headers

        url = f"{self._endpoint}/{repo}/resolve/{commit}/{quote(path)}"
        headers = {**build_hf_headers(token=self._token), "Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        with get_session().stream("GET", url, headers=headers, timeout=_TIMEOUT, follow_redirects=True) as answer:
            if answer.status_code == _HTTP_OUT_OF_RANGE:
                return
            if answer.is_error:
                mend = "check the lock's revision and HF_TOKEN"
                raise BrokenWorldError(
                    f"the hub answers {answer.status_code} for {path}", where=self._endpoint, mend=mend
                )
            passed = offset if answer.status_code != _HTTP_PARTIAL else 0
            for chunk in answer.iter_raw():
                kept = chunk[passed:]
                passed -= len(chunk) - len(kept)
                if kept:
                    yield kept

    def _broken(self, error: Exception) -> BrokenWorldError:
        what = f"the hub cannot be reached: {type(error).__name__}"
        return BrokenWorldError(what, where=self._endpoint, mend="check the network and HF_ENDPOINT")


def _parts(uri: str) -> tuple[str, str]:
    match = _URI.fullmatch(uri)
    if match is None:
        raise PointerError("resolve/bad-pointer", "this is no address of the hub", "write hf://org/name@revision")
    return match["repo"], match["revision"] or "main"
