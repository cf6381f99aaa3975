"""The paper's numerical experiments, on generated functions.

    import symgate as sg

    result = sg.experiments.profiles(sg.experiments.ProfileSpec(seeds=3), out="results")
    result.summary["multi_gate"]          # slopes, R^2, corrections by lag, with their spread over seeds
    result.save("results")                # profiles.npz and profiles.json

Each experiment takes a specification and any ``concurrent.futures.Executor``, keeps the result of every job, continues
where it was interrupted, and gives the same numbers in any order and on any number of processes.

Sources: arXiv:2508.12121, arXiv:2512.05790.
"""

from symgate.experiments.alignment_runs import alignment
from symgate.experiments.alignment_specs import ALIGNMENT, AlignmentSpec
from symgate.experiments.anisotropy_runs import anisotropy
from symgate.experiments.initialisation import Initialisation
from symgate.experiments.jobs import Job, Outcome
from symgate.experiments.learnability_runs import learnability
from symgate.experiments.learnability_specs import LEARNABILITY, LearnabilitySpec, Learner
from symgate.experiments.networks import Network, drawn_network
from symgate.experiments.optimisers import OPTIMISERS, optimiser
from symgate.experiments.own_settings import OWN_SETTINGS, OwnSettings, own_settings
from symgate.experiments.profile_runs import profiles
from symgate.experiments.results import Result
from symgate.experiments.settings import SETTINGS, Settings, settings
from symgate.experiments.solvable import SolvableErrors, solvable_errors
from symgate.experiments.specs import AnisotropySpec, ProfileSpec, Trained, TruncationSpec
from symgate.experiments.starting import Started
from symgate.experiments.store import DamagedResultWarning
from symgate.experiments.sweep import SweepError, run_jobs
from symgate.experiments.tasks import TASKS, Batch, Task, task
from symgate.experiments.trainability_runs import trainability
from symgate.experiments.trainability_specs import TRAINABILITY, TrainabilitySpec
from symgate.experiments.training import Checkpoint, train
from symgate.experiments.truncation_runs import truncation
from symgate.experiments.update_runs import updates
from symgate.experiments.update_specs import UPDATES, UpdateSpec

__all__ = [
    "ALIGNMENT",
    "LEARNABILITY",
    "OPTIMISERS",
    "OWN_SETTINGS",
    "SETTINGS",
    "TASKS",
    "TRAINABILITY",
    "UPDATES",
    "AlignmentSpec",
    "AnisotropySpec",
    "Batch",
    "Checkpoint",
    "DamagedResultWarning",
    "Initialisation",
    "Job",
    "LearnabilitySpec",
    "Learner",
    "Network",
    "Outcome",
    "OwnSettings",
    "ProfileSpec",
    "Result",
    "Settings",
    "SolvableErrors",
    "Started",
    "SweepError",
    "Task",
    "TrainabilitySpec",
    "Trained",
    "TruncationSpec",
    "UpdateSpec",
    "alignment",
    "anisotropy",
    "drawn_network",
    "learnability",
    "optimiser",
    "own_settings",
    "profiles",
    "run_jobs",
    "settings",
    "solvable_errors",
    "task",
    "train",
    "trainability",
    "truncation",
    "updates",
]
