"""Kernels that come from one process in which the libraries are loaded already.

Most of a notebook's time is the import of pandas and others, and the reading of the study. A server
process does both once and forks a kernel for each notebook; what notebooks show is the same. It
does nothing else, so that no kernel inherits a thread.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from earlyhelp.study.problems import InputError

# Where there is no fork, kernels are started as usual.
AVAILABLE = "forkserver" in multiprocessing.get_all_start_methods()
# The server takes nothing but modules, and so the study from its environment.
OPENING = "earlyhelp.execution.opened"
STUDY, CHECKED = "EARLYHELP_STUDY", "EARLYHELP_CHECKED"


def preload(modules: Sequence[str], study: Path, check: bool) -> None:
    """Say which modules the server imports, and which study it opens, checked or not.

    The first process that is asked of it starts it. matplotlib reads when it is imported what a
    kernel sets before that: so it is set here.
    """
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    os.environ[STUDY], os.environ[CHECKED] = str(study), "yes" * check
    if AVAILABLE:
        server = multiprocessing.get_context("forkserver")
        server.set_forkserver_preload(["ipykernel.kernelapp", *modules, OPENING])


def worker() -> ProcessPoolExecutor:
    """A process that has all that the server has."""
    context = multiprocessing.get_context("forkserver" if AVAILABLE else "spawn")
    return ProcessPoolExecutor(1, context, _end_quietly)


def ask(name: str, folder: Path) -> Any:
    """What a function of the module gives in which the server has a study open."""
    return getattr(importlib.import_module(OPENING), name)(folder)


def _end_quietly() -> None:
    """End with the process that asked, which alone answers an interruption."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def end_all() -> None:
    """Kill the kernels that are left, for nobody waits for them any more."""
    for process in multiprocessing.active_children():
        process.kill()


class _Kernel:
    """A forked kernel, with what jupyter_client asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, connection_file: str, environment: dict[str, str]) -> None:
        server = multiprocessing.get_context("forkserver")
        self._process: BaseProcess = server.Process(
            target=_serve, args=(connection_file, environment)
        )
        self._process.start()
        self.pid: Any = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def _serve(connection_file: str, environment: dict[str, str]) -> None:
    """Be a kernel, in a group of processes of its own."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    opened = importlib.import_module(OPENING)
    # What is wrong with it, a notebook that opens it says.
    with suppress(InputError):
        opened.open_study(*opened.asked())
    from ipykernel.kernelapp import launch_new_instance

    # A kernel without a parent says on the terminal how to reach it. The number is no process.
    launch_new_instance(["-f", connection_file, "--IPKernelApp.parent_handle=1"])


def _end_with_parent() -> None:
    """End when the process does that asked for the kernel; the server lives on with its kernels."""
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(1)


class ForkedProvisioner(LocalProvisioner):
    """Forks the kernel where others start one."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork it, and say how it is reached."""
        manager: Any = self.parent
        kernel: Any = _Kernel(manager.connection_file, kwargs["env"])
        self.process, self.pid, self.pgid = kernel, kernel.pid, kernel.pid
        return self.connection_info
