"""The options of the program and their page."""
import pathlib
import subprocess

from server import binary

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "configuration.md"


def test_page_has_the_programs_own_table():
    table = subprocess.run([binary(), "--options"], capture_output=True, text=True, check=True).stdout
    assert table.strip() in PAGE.read_text(), "docs/configuration.md: paste what --options prints"
