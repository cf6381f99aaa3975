"""Certifies many results: in parallel, with progress, and resumable.

What was accepted is kept by the digest of its text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from symgate.errors import OutputError
from symgate.files import write_atomic
from symgate.proof.rocq.assistant import Assistant, Outcome, Runs
from symgate.proof.rocq.source import Source


@dataclass(frozen=True)
class Store:
    """Keeps what was accepted, one file per digest of text and versions."""

    folder: Path

    def _path(self, source: Source, assistant: Assistant) -> Path:
        digest = sha256(f"{assistant}\n{source.whole}".encode()).hexdigest()
        return self.folder / f"{digest[:40]}.json"

    def get(self, source: Source, assistant: Assistant) -> Outcome | None:
        """The outcome of an earlier run on the same text by the same versions; only acceptance is kept."""
        try:
            found = json.loads(self._path(source, assistant).read_text(encoding="utf-8"))
            outcome = Outcome(**{**found, "axioms": tuple(found["axioms"])})
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return outcome if outcome.accepted is True else None

    def put(self, source: Source, assistant: Assistant, outcome: Outcome) -> None:
        """Keep an acceptance.

        Raises:
            OutputError: the folder cannot be written.
        """
        if outcome.accepted:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OutputError(f"Cannot make the folder {self.folder}: {error.strerror or error}.") from error
            write_atomic(self._path(source, assistant), json.dumps(asdict(outcome), indent=1) + "\n")


def certify(
    sources: Sequence[Source],
    assistant: Assistant,
    *,
    jobs: int = 1,
    store: Store | None = None,
    done: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Have Coq check certificates.

    Args:
        sources: the certificates.
        assistant: the Coq to run.
        jobs: how many run at a time.
        store: where accepted results are kept and found again.
        done: told of every outcome as it comes.

    Returns:
        The outcomes in the order of the sources.

    Raises:
        ProofAssistantError: Coq did not run to its end.
        OutputError: an acceptance cannot be kept.
        KeyboardInterrupt: Ctrl-C; the processes are ended, and what was accepted so far is kept.
    """
    runs = Runs()

    def one(source: Source) -> Outcome:
        outcome = (store.get(source, assistant) if store else None) or runs.check(source, assistant)
        if store:
            store.put(source, assistant, outcome)
        done(outcome)
        return outcome

    with ThreadPoolExecutor(max(1, jobs)) as pool:
        futures: list[Future[Outcome]] = [pool.submit(one, source) for source in sources]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            return [future.result() for future in futures]
        except BaseException:
            runs.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
