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
from pathlib import Path

from symgate.errors import ProofAssistantError
from symgate.proof.certificate import Certificate, Evidence
from symgate.proof.rocq.names import MODULES, module_text
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
        raise ProofAssistantError(f"{path} has no Coquelicot, which certificates stand on. {INSTALL}.")
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
        compiled: what Coq said of each module of the library, which it reads once and not with every certificate.
    """

    running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    stopped: bool = False
    limit: int | None = None
    compiled: dict[tuple[Assistant, str], Outcome] = field(default_factory=dict)
    _folder: Path | None = None
    _one: threading.Lock = field(default_factory=threading.Lock)

    def check(self, source: Source, assistant: Assistant) -> Outcome:
        """Run Coq on a certificate.

        Raises:
            ProofAssistantError: it did not run to its end (it was killed, or the disk is full).
        """
        text = _without_comments(source.text)
        forbidden = FORBIDDEN.search(text) or SHADOWING.search(text)
        if forbidden:
            return Outcome(
                source.name, accepted=False, detail=f"the text holds {forbidden.group()}, so it proves nothing"
            )
        try:
            beside = self._library(source, assistant)
            if beside is not None and not beside.accepted:
                return replace(beside, source=source.name)
            with tempfile.TemporaryDirectory(prefix="symgate-") as folder:
                path = Path(folder) / "certificate.v"
                path.write_text(source.beside, encoding="ascii")
                return self._run(source, assistant, path)
        except OSError as error:
            raise ProofAssistantError(f"Coq could not be run on {source.name}: {error.strerror or error}.") from error

    def _library(self, source: Source, assistant: Assistant) -> Outcome | None:
        """What Coq says of the modules that a certificate stands on: the first that it rejects, or the last."""
        found = None
        with self._one:
            if self._folder is None and source.library:
                self._folder = Path(tempfile.mkdtemp(prefix="symgate-library-"))
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            for name in (name for name in MODULES if name in source.library):
                if (assistant, name) not in self.compiled:
                    assert self._folder is not None, "made above"
                    path = self._folder / f"{name}.v"
                    path.write_text(module_text(name), encoding="ascii")
                    self.compiled[assistant, name] = self._run(Source(name, module_text(name), (), {}), assistant, path)
                found = self.compiled[assistant, name]
                if not found.accepted:
                    break
        return found

    def _run(self, source: Source, assistant: Assistant, path: Path) -> Outcome:
        said, errors = path.with_suffix(".out"), path.with_suffix(".err")
        with said.open("w") as out, errors.open("w") as err:
            command = [assistant.program, "-q", path.name]
            if self._folder is not None and source.library:
                command += ["-Q", str(self._folder), ""]
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
