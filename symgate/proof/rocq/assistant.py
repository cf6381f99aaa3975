"""Runs Coq on a certificate and says what it found: accepted with these axioms, or what it objected to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from symgate.errors import ProofAssistantError
from symgate.proof.certificate import Certificate, Evidence
from symgate.proof.rocq.names import module_text, standing_on
from symgate.proof.rocq.source import Source

ROUTE = "rocq"
#: What real analysis in Coq's standard library stands on; a certificate may use these and nothing else.
ALLOWED = frozenset({"sig_not_dec", "sig_forall_dec", "functional_extensionality_dep", "classic"})
#: The versions for which certificates are written.
SERIES = ("8.16", "8.17", "8.18", "8.19", "8.20")
INSTALL = (
    "Debian and Ubuntu: apt-get install --no-install-recommends coq libcoq-coquelicot; "
    "elsewhere: opam install coq-coquelicot"
)
#: What would let an unproved statement pass.
FORBIDDEN = re.compile(r"\b(?:Axioms?|Admitted|admit|Parameters?|Conjectures?|give_up|bypass_check)\b")
#: The names of the allowed axioms: a text that declares one of its own would be taken for resting on that of Coq.
SHADOWING = re.compile(rf"\b(?:{'|'.join(sorted(ALLOWED))})\b")


@dataclass(frozen=True)
class Assistant:
    """A Coq that was found: its program and the versions of it and of Coquelicot ("" where it does not say)."""

    program: str
    version: str
    coquelicot: str = ""

    def __str__(self) -> str:
        return f"Coq {self.version} with Coquelicot{f' {self.coquelicot}' if self.coquelicot else ''}"


@dataclass(frozen=True)
class Outcome:
    """What Coq said of a certificate.

    Attributes:
        source: the name of the certificate.
        accepted: whether every theorem was proved, from allowed axioms alone.
        detail: in words; of a rejection, what Coq printed.
        axioms: what the theorems rest on.
        seconds: processor time.
    """

    source: str
    accepted: bool
    detail: str
    axioms: tuple[str, ...] = ()
    seconds: float = 0.0


def find_assistant(program: str = "coqc") -> Assistant:
    """The Coq on this machine.

    Raises:
        ProofAssistantError: there is none, it has another version, or it has no Coquelicot; the message says how to
            install it.
    """
    path = shutil.which(program)
    if path is None:
        raise ProofAssistantError(f"There is no {program} on the PATH, so no certificate can be checked. {INSTALL}.")
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"version (\d+\.\d+(?:\.\d+)?)", told)
    version = found.group(1) if found else ""
    if not version.startswith(SERIES):
        asked = f"{SERIES[0]} to {SERIES[-1]}"
        raise ProofAssistantError(
            f"{path} is version {version or told.strip() or 'unknown'}; certificates are for Coq {asked}. {INSTALL}."
        )
    where = subprocess.run([path, "-where"], capture_output=True, text=True, check=False).stdout.strip()
    if not (Path(where) / "user-contrib" / "Coquelicot").is_dir():
        raise ProofAssistantError(f"{path} has no Coquelicot, which certificates need. {INSTALL}.")
    return Assistant(path, version, _coquelicot())


def _coquelicot() -> str:
    """The version of Coquelicot as the package manager tells it; its own files hold none."""
    for command in (
        ["dpkg-query", "-W", "-f", "${Version}", "libcoq-coquelicot"],
        ["opam", "show", "-f", "version", "coq-coquelicot"],
    ):
        with suppress(OSError):
            told = subprocess.run(command, capture_output=True, text=True, check=False)
            if told.returncode == 0 and told.stdout.strip():
                return told.stdout.strip().split("-")[0]
    return ""


@dataclass
class Runs:
    """The Coq processes that run now, so that they can be ended together, and the library that they share.

    Attributes:
        limit: the processor time in seconds after which one is ended; None where it may take what it needs.
        compiled: what Coq said of each file that others stand on, which it reads once and not with every certificate.
    """

    running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    stopped: bool = False
    limit: int | None = None
    compiled: dict[tuple[Assistant, str], Outcome] = field(default_factory=dict)
    _folder: Path | None = None
    _folders: dict[str, Path] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _one: threading.Lock = field(default_factory=threading.Lock)

    def check(self, source: Source, assistant: Assistant) -> Outcome:
        """Run Coq on a certificate.

        Raises:
            ProofAssistantError: it did not run to its end (it was killed, or the disk is full).
        """
        text = _without_comments(source.whole)
        forbidden = FORBIDDEN.search(text) or SHADOWING.search(text)
        if forbidden:
            return Outcome(
                source.name, accepted=False, detail=f"the text holds {forbidden.group()}, so it proves nothing"
            )
        try:
            needed = (*map(_module, source.library), *source.needs)
            for other in needed:
                outcome = self._shared(other, assistant)
                if not outcome.accepted:
                    return replace(outcome, source=source.name)
            if source.shared:
                return self._shared(source, assistant)
            with tempfile.TemporaryDirectory(prefix="symgate-") as folder:
                return self._run(source, assistant, Path(folder) / "certificate.v")
        except OSError as error:
            raise ProofAssistantError(f"Coq could not be run on {source.name}: {error.strerror or error}.") from error

    def _shared(self, source: Source, assistant: Assistant) -> Outcome:
        """What Coq says of a file that others stand on; it is read once, and what Coq makes of it is kept."""
        digest = source.digest
        with self._one:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="symgate-library-"))
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            if digest not in self._folders:
                self._folders[digest] = self._folder / f"part{len(self._folders)}"
                self._folders[digest].mkdir()
                self._locks[digest] = threading.Lock()
        with self._locks[digest]:
            if (assistant, digest) not in self.compiled:
                path = self._folders[digest] / f"{source.name}.v"
                self.compiled[assistant, digest] = self._run(source, assistant, path)
            return self.compiled[assistant, digest]

    def _run(self, source: Source, assistant: Assistant, path: Path) -> Outcome:
        path.write_text(source.beside, encoding="ascii")
        said, errors = path.with_suffix(".out"), path.with_suffix(".err")
        with said.open("w") as out, errors.open("w") as err:
            command = [assistant.program, "-q", path.name]
            for other in (*map(_module, source.library), *source.needs):
                command += ["-Q", str(self._folders[other.digest]), ""]
            if self.limit is not None:
                command = ["sh", "-c", f'ulimit -t {self.limit} && exec "$0" "$@"', *command]
            process = subprocess.Popen(command, cwd=path.parent, stdout=out, stderr=err, start_new_session=True)
        self.running.add(process)
        try:
            if self.stopped:
                process.kill()
            code, seconds = _ended(process)
        finally:
            self.running.discard(process)
        if code < 0:
            raise ProofAssistantError(f"Coq was ended by signal {-code} while it read {source.name}.")
        if code != 0:
            objection = _objection(errors.read_text(errors="replace"), source.beside)
            return Outcome(source.name, accepted=False, detail=objection, seconds=seconds)
        return replace(judged(source, said.read_text(errors="replace")), seconds=seconds)

    def stop(self) -> None:
        """End every process."""
        self.stopped = True
        for process in list(self.running):
            process.kill()


@lru_cache(maxsize=16)
def _module(name: str) -> Source:
    """A module of the library as a file; the modules before it are what it needs."""
    return Source(name, module_text(name), (), {}, library=standing_on(name), shared=True)


def judged(source: Source, said: str) -> Outcome:
    """The outcome of a run that ended well: every theorem was printed, with no other axiom than those allowed."""
    if source.theorems and "Axioms:" not in said and "Closed under the global context" not in said:
        return Outcome(source.name, accepted=False, detail="Coq printed no assumptions, so nothing is known of them")
    axioms = tuple(sorted(set(re.findall(r"^(\S+)(?:\s*$|\s+:)", said.partition("Axioms:")[2], re.MULTILINE))))
    others = [item for item in axioms if item.rpartition(".")[2] not in ALLOWED]
    if others:
        return Outcome(
            source.name, accepted=False, detail=f"rests on {', '.join(others)}, which is not allowed", axioms=axioms
        )
    return Outcome(source.name, accepted=True, detail="accepted", axioms=axioms)


def with_kernel(certificate: Certificate, outcome: Outcome, assistant: Assistant) -> Certificate:
    """The certificate with the route "rocq" added: accepted, or not."""
    detail = f"accepted by {assistant}" if outcome.accepted else f"not accepted by {assistant}: {outcome.detail}"
    evidence = Evidence(ROUTE, True if outcome.accepted else None, detail, seconds=outcome.seconds)
    kept = tuple(item for item in certificate.evidence if item.route != ROUTE)
    return replace(certificate, evidence=(*kept, evidence))


def _objection(errors: str, text: str) -> str:
    """What Coq objected to, with the theorem in whose proof it did."""
    place = re.search(r"line (\d+), characters[^\n]*:\nError", errors)
    message = errors.partition("Error")[2].strip(" :\n")
    lines = message.splitlines()
    told = next(
        (k for k, line in enumerate(lines) if re.match(r"(?:The|Unable|Found|No|Cannot|Tactic|Illegal) ", line)), 0
    )
    shown = " ".join(" ".join(lines[told:]).split())[:300]
    if place is None:
        return shown or errors.strip()[-300:]
    before = text.splitlines()[: int(place.group(1))]
    named = [line for line in before if re.match(r"(?:Lemma|Theorem|Corollary|Definition) ", line)]
    return f"{named[-1].split()[1] if named else 'line ' + place.group(1)}: {shown}"


def _without_comments(text: str) -> str:
    return re.sub(r"\(\*.*?\*\)", " ", text, flags=re.DOTALL)


def _ended(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """The exit code of a process, once it ends, and its processor time."""
    if not hasattr(os, "wait4"):
        start = time.perf_counter()
        return process.wait(), time.perf_counter() - start
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_utime + used.ru_stime
