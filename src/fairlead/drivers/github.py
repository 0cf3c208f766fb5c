"""GitHub's REST API (version 2022-11-28): reviews that approve a commit, statuses that tell a verdict, pull requests.

What cannot be read is a broken world, which the gate takes for `insufficient`. The token goes to one address only.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from fairlead.domain.approval import Approval, Proof
from fairlead.kernel.errors import BrokenWorldError, NotFoundError
from fairlead.kernel.windows import parse_iso

if TYPE_CHECKING:
    import httpx2

__all__ = ["GITHUB_API", "GitHub", "PullRequest", "StatusState"]

GITHUB_API = "https://api.github.com"

StatusState = Literal["error", "failure", "pending", "success"]

_VERSION = "2022-11-28"
_DECISIVE = {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}
_PAGES = 50
_LARGEST = 8 << 20
_SECONDS = 30.0
"""For one answer, however slowly it comes."""

_SHOWN = 140
"""Letters of a status's description that GitHub takes."""

_TITLE, _BODY = 256, 65_536
"""Letters of a pull request's title and text that it takes."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """`address` is where people read it."""

    number: int
    address: str
    open: bool


class GitHub:
    """One repository (`owner/name`) at one API. `token` may be empty for a public repository."""

    def __init__(self, client: httpx2.Client, repository: str, api: str = "", token: str = "") -> None:
        """Nothing is asked yet. `api` empty is github.com; GitHub Enterprise has it at `https://HOST/api/v3`."""
        self._client = client
        self._api = (api or GITHUB_API).rstrip("/")
        self._place = f"{self._api}/repos/{repository}"
        self._repository = repository
        self._headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": _VERSION}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def reviews(self, commit: str) -> tuple[Approval, ...]:
        """Reviews that approve, of all pull requests that `commit` is the head or the merge of.

        `approver` is a name on GitHub, `subject` is `commit:<id that was reviewed>`: another one than the head's is
        stale. Of each person only the last word counts; a comment is none.
        """
        found: dict[tuple[int, str], Approval | None] = {}
        try:
            for number in self._pulls(commit):
                for review in self._pages(f"{self._place}/pulls/{number}/reviews?per_page=100"):
                    state, user = review["state"], review["user"]
                    # A person who has left GitHub is null.
                    if state in _DECISIVE and user is not None:
                        found[number, user["login"].casefold()] = _approval(review) if state == "APPROVED" else None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._strange("a review has another shape") from error
        return tuple(each for each in found.values() if each is not None)

    def publish(self, commit: str, state: StatusState, context: str, description: str, url: str = "") -> None:
        """Set the commit's status under `context`; a description is cut to what GitHub takes. Twice is harmless."""
        shown = description if len(description) <= _SHOWN else f"{description[: _SHOWN - 1]}…"
        body = {"state": state, "context": context, "description": shown, **({"target_url": url} if url else {})}
        self._ask("POST", f"{self._place}/statuses/{commit}", body)

    def pull_request(self, branch: str, commit: str) -> PullRequest | None:
        """The newest pull request of `branch` whose head is `commit`, open or not; None where there is none."""
        owner = self._repository.partition("/")[0]
        asked = urlencode({"head": f"{owner}:{branch}", "state": "all", "per_page": 100})
        try:
            found = [each for each in self._pages(f"{self._place}/pulls?{asked}") if each["head"]["sha"] == commit]
        except (KeyError, TypeError) as error:
            raise self._strange("a pull request has another shape") from error
        return self._pull(max(found, key=lambda each: each["number"])) if found else None

    def open_pull_request(self, branch: str, into: str, title: str, body: str) -> PullRequest:
        """Open one. NotFoundError where GitHub refuses it, for example since there is one of that branch already."""
        asked = {"head": branch, "base": into, "title": title[:_TITLE], "body": body[:_BODY]}
        return self._pull(self._ask("POST", f"{self._place}/pulls", asked)[0])

    def _pull(self, answer: Any) -> PullRequest:  # noqa: ANN401 - whatever GitHub sent
        try:
            return PullRequest(int(answer["number"]), str(answer["html_url"]), answer["state"] == "open")
        except (KeyError, TypeError, ValueError) as error:
            raise self._strange("a pull request has another shape") from error

    def _pulls(self, commit: str) -> list[int]:
        pulls = self._pages(f"{self._place}/commits/{commit}/pulls?per_page=100")
        return [int(each["number"]) for each in pulls if commit in {each["head"]["sha"], each.get("merge_commit_sha")}]

    def _pages(self, url: str) -> Iterator[dict[str, Any]]:
        """The items of all pages, in order. A next page elsewhere than at this API is not asked for."""
        for _ in range(_PAGES):
            answer, links = self._ask("GET", url)
            if not isinstance(answer, list):
                raise self._strange("a list was expected")
            yield from (each for each in answer if isinstance(each, dict))
            url = links
            if not url:
                return
            if not url.startswith(f"{self._api}/"):
                raise self._strange("its next page lies on another host")
        raise self._strange(f"there are more than {_PAGES} pages")

    def _ask(self, method: str, url: str, body: Mapping[str, str] | None = None) -> tuple[Any, str]:
        """The answer's JSON, and the address of the next page ('' for the last one)."""
        import httpx2

        until = time.monotonic() + _SECONDS
        try:
            with self._client.stream(
                method, url, headers=self._headers, json=body, timeout=_SECONDS, follow_redirects=False
            ) as answer:
                text = b""
                for chunk in answer.iter_bytes():
                    text += chunk
                    if len(text) > _LARGEST or time.monotonic() > until:
                        raise self._strange("its answer is too long, or comes too slowly")
                next_page = answer.links.get("next", {}).get("url", "")
        except (httpx2.HTTPError, OSError) as error:
            mend = "check the network and `policies.approvals.githubApi`, then try again"
            what = f"GitHub cannot be reached: {str(error) or type(error).__name__}"
            raise BrokenWorldError(what, where=self._place, mend=mend) from error
        if not answer.is_success:
            raise self._refused(answer, text)
        try:
            return json.loads(text), next_page
        except (ValueError, RecursionError) as error:
            raise self._strange("it is no JSON") from error

    def _refused(self, answer: httpx2.Response, text: bytes) -> BrokenWorldError | NotFoundError:
        code, headers = answer.status_code, answer.headers
        said = _message(text)
        if code in {403, 429} and (headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers):
            after = str(headers.get("retry-after") or headers.get("x-ratelimit-reset"))[:20]
            mend = f"try again later (GitHub says: {after}), or give it a token of its own"
            return BrokenWorldError("GitHub's rate limit is used up", where=self._place, mend=mend)
        if code in {401, 403}:
            mend = "give a token that may write pull requests and commit statuses"
            return BrokenWorldError(f"GitHub refuses ({code}): {said}", where=self._place, mend=mend)
        if code in {404, 422} or answer.is_redirect:
            mend = "check `policies.approvals.github`, that the commit is pushed, and what the token may see"
            return NotFoundError(f"GitHub does not know it ({code}): {said}", where=self._place, mend=mend)
        return BrokenWorldError(f"GitHub answers {code}: {said}", where=self._place, mend="try again later")

    def _strange(self, what: str) -> BrokenWorldError:
        mend = "check `policies.approvals.githubApi`"
        return BrokenWorldError(f"GitHub's answer is not understood: {what}", where=self._place, mend=mend)


def _approval(review: Mapping[str, Any]) -> Approval:
    return Approval(
        approver=review["user"]["login"],
        subject=f"commit:{review['commit_id']}",
        proof=Proof.REVIEW,
        when=parse_iso(review["submitted_at"]),
        source=str(review.get("html_url", "")),
    )


def _message(text: bytes) -> str:
    """GitHub's own words, short and on one line."""
    try:
        said = json.loads(text)["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "no reason was given"
    return "".join(letter if letter.isprintable() else " " for letter in str(said)[:120])
