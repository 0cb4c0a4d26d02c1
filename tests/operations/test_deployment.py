"""What deployment rests on: settings table, image, compose file, make and CI."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from salesteam.environment import Environment

ROOT = Path(__file__).resolve().parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text()


def documented() -> dict[str, tuple[str, str]]:
    """Default and meaning of each variable in the table of docs/settings.md."""
    table = read("docs/settings.md").partition("\nAlso read")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", table, re.MULTILINE)
    return {name: (default, meaning) for name, default, meaning in rows}


def test_every_setting_is_documented_with_its_default_and_meaning() -> None:
    expected = {}
    for name, field in Environment.model_fields.items():
        default = "–" if field.default in {None, ""} else f"`{field.default}`"
        expected[name.upper()] = (default, field.description)

    assert documented() == expected


def test_image_runs_as_somebody_else_than_root_with_production_packages_only() -> None:
    runtime = read("Dockerfile").rpartition("\nFROM ")[2]

    assert re.search(r"^USER salesteam$", runtime, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", runtime, re.MULTILINE)
    assert "SALESTEAM_ENV=production" in runtime
    assert "--all-extras" not in read("Dockerfile")
    assert set(re.findall(r"scripts/install --for (\w+)", read("Dockerfile"))) == {"production"}


def test_nothing_private_or_large_gets_into_the_image() -> None:
    ignored = read(".dockerignore").split()

    assert {".git", ".venv", ".env", "node_modules", "tests", "var"} <= set(ignored)


def compose_command() -> list[str] | None:
    """Docker's plugin or the program of its own; None where neither is installed."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            asked = subprocess.run([*command, "version"], capture_output=True, check=False)
            if asked.returncode == 0:
                return command
    return None


def test_compose_file_is_valid() -> None:
    command = compose_command()
    if command is None:
        pytest.skip("docker compose is not installed")

    checked = subprocess.run(
        [*command, "config", "-q"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (checked.returncode, checked.stderr) == (0, "")


def test_compose_file_has_every_process_and_waits_for_the_migration() -> None:
    services = dict(
        re.findall(
            r"^  (\w+):\n((?:    .*\n|\n)+)",
            read("docker-compose.yml").partition("\nservices:\n")[2],
            re.MULTILINE,
        )
    )

    assert set(services) == {"web", "worker", "scheduler", "migrate", "postgres", "redis", "mail"}
    assert all("healthcheck:" in text for text in services.values())
    assert all("depends_on: *needs" in services[name] for name in ("web", "worker", "scheduler"))


@pytest.mark.parametrize("name", ["web", "worker", "scheduler", "migrate"])
def test_container_entry_knows_each_process_of_the_compose_file(name: str) -> None:
    assert f'"{name}": [' in read("scripts/container.py")


def test_ci_runs_the_command_of_the_readme_and_nothing_else() -> None:
    commands = [line for line in read(".ci/run").splitlines() if line and not line.startswith("#")]

    assert commands == [
        "set -euo pipefail",
        'cd "$(dirname "${BASH_SOURCE[0]}")/.."',
        "exec make test",
    ]
    assert "make test" in read("README.md")


@pytest.mark.parametrize("target", ["demo", "serve", "test", "check", "bench", "install", "clean"])
def test_make_knows_and_lists_the_target(target: str) -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    planned = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert f"  make {target} " in listed.stdout
    assert planned.returncode == 0


def test_install_script_refuses_what_it_does_not_know() -> None:
    for arguments in (["--for", "fun"], ["--everything"]):
        done = subprocess.run(
            ["scripts/install", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert done.stderr
