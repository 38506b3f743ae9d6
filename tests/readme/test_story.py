"""README's curl story, run word for word by a shell of its own."""
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)


def test_the_story_places_and_approves_an_order(tmp_path):
    story = next(block for block in BLOCKS if "var/dev.env" in block)
    (tmp_path / "var").symlink_to(os.environ["PURSER_VAR"])
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", story], cwd=tmp_path,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"order \d+ is approved, 2800 EUR\n", done.stdout), done.stdout


def test_the_two_commands_stand_in_readme():
    commands = re.findall(r"^(\./dev \w+)", "".join(BLOCKS), re.M)
    assert commands[:2] == ["./dev up", "./dev test"]
