"""Builds the programs that are compared, and runs them on some cores."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE / "target"
PYTHON = BUILT / "venv" / "bin" / "python"


# Building.


def build_ours(avx512):
    """Builds as any user does, without options for this processor; gives the program's path
    by its name."""
    command = ["cargo", "build", "--release", "--bench", "steps"]
    folder = HERE.parent.parent
    return cargo(command, folder if avx512 else without_avx512(folder), {})


def without_avx512(folder):
    """A copy of the project whose manifest asks pulp and gemm for no AVX-512 kernels. Both choose
    their kernels at run time and cannot be told to choose others; what is not built is not chosen."""
    copy = BUILT / "no-avx512"
    for part in ["crates", "benches", "examples", "tests"]:
        ignored = shutil.ignore_patterns("target")
        shutil.rmtree(copy / part, ignore_errors=True)
        shutil.copytree(folder / part, copy / part, ignore=ignored)
    shutil.copy(folder / "Cargo.lock", copy)
    shutil.copy(folder / "README.md", copy)
    manifest = (folder / "Cargo.toml").read_text()
    (copy / "Cargo.toml").write_text(manifest.replace(', "x86-v4"', ""))
    return copy


def build_peers(programs):
    """Builds the peers in Rust and installs those in Python; gives the paths of the former
    by their names."""
    used = [variant[0] for variants in programs.values() for variant in variants]
    wanted = ["machine", *(name for name in used if name in ["candle", "burn", "dfdx"])]
    if any(name.endswith(".py") for name in used):
        install_python()
    command = ["cargo", "build", "--release", "--target-dir", str(BUILT / "rust")]
    for name in wanted:
        command += ["--bin", name]
    return cargo(command, HERE / "rust", {"RUSTFLAGS": "-C target-cpu=native"})


def cargo(command, folder, environment):
    """Runs cargo; gives the path of each program by its name."""
    output = subprocess.run(
        [*command, "--message-format=json-render-diagnostics"],
        cwd=folder,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    if output.returncode != 0:
        sys.exit(f"error: {' '.join(command)} in {folder} failed")
    messages = [json.loads(line) for line in output.stdout.splitlines()]
    return {m["target"]["name"]: m["executable"] for m in messages if m.get("executable")}


def install_python():
    """A virtual environment with requirements.txt, made again when that has changed."""
    required = HERE / "requirements.txt"
    installed = BUILT / "venv" / "requirements.txt"
    if installed.exists() and installed.read_text() == required.read_text():
        return
    venv.create(BUILT / "venv", clear=True, with_pip=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "-r", required], check=True)
    shutil.copy(required, installed)


# Measuring.


def measure(command, cores, environment):
    """Runs a program on these cores; gives the numbers that it prints, by name."""
    printed, _ = run(command, cores, environment)
    numbers = {}
    for line in printed.splitlines():
        if match := re.fullmatch(r"(\w+) ([\d.]+)", line):
            numbers.setdefault(match[1], []).append(float(match[2]))
    return numbers


def run(command, cores, environment):
    """Runs a program on these cores; gives what it prints, and what it used of the machine."""
    threads = ["OMP_NUM_THREADS", "RAYON_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"]
    environment = os.environ | environment | {name: str(len(cores)) for name in threads}
    environment["TF_NUM_INTEROP_THREADS"] = "1"
    pinned = ["taskset", "--cpu-list", ",".join(map(str, cores)), *map(str, command)]
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(pinned, env=environment, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        for stream in output, errors:
            stream.seek(0)
        if process.returncode != 0:
            last = errors.read().strip().splitlines()[-3:]
            print(f"{' '.join(pinned)} failed:", *last, sep="\n    ", file=sys.stderr)
        return output.read(), usage


def cores_to_run_on(threads):
    """The last cores that this process may use."""
    cores = sorted(os.sched_getaffinity(0))[-threads:]
    if len(cores) < threads:
        sys.exit(f"error: {threads} threads need as many cores, here are {len(cores)}")
    return cores


# Has glibc keep freed memory, however large the block, instead of giving it back to the system and
# taking page faults for it in the next step. Without it some peers are several times slower. Ours
# runs as it is.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)}


# What it ran on.


def conditions(threads, avx512):
    """What a time depends on besides the programs."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True
    )
    return {
        "processor": processor(),
        "threads": threads,
        "avx512": avx512 and has_avx512(),
        "commit": commit.stdout.strip(),
    }


def has_avx512():
    return "avx512f" in Path("/proc/cpuinfo").read_text()


def processor():
    """Its name, and its family and model: names are often cut short in virtual machines."""
    described = Path("/proc/cpuinfo").read_text()
    fields = ["model name", "cpu family", "model"]
    found = [re.search(rf"^{field}\s*: (.*)", described, re.MULTILINE) for field in fields]
    name, family, model = (match[1] if match else "unknown" for match in found)
    return f"{name} (family {family}, model {model})"
