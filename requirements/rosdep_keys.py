# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Look up the dependencies of ``package.xml`` in a checkout of ros/rosdistro.

``python requirements/rosdep_keys.py CHECKOUT`` writes ``requirements/rosdep_keys.json``: for each
key what it gives on the Ubuntu release of each distribution, with commit and date of the checkout.
"""

from __future__ import annotations

import json
from pathlib import Path
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree

import yaml

ROOT = Path(__file__).resolve().parent.parent
STORED = ROOT / 'requirements' / 'rosdep_keys.json'
DISTRIBUTIONS = ('humble', 'jazzy', 'kilted', 'lyrical')


def package_keys() -> list[str]:
    """Return the keys that ``package.xml`` names, sorted."""
    root = ElementTree.parse(ROOT / 'package.xml').getroot()
    names = [one.text or '' for one in root if one.tag.endswith('depend')]
    return sorted(set(names))


def stored() -> dict[str, Any]:
    """Return the stored list."""
    document: dict[str, Any] = json.loads(STORED.read_text(encoding='utf-8'))
    return document


def resolve(key: str, release: str, packages: dict[str, str], rules: dict[str, Any]) -> str | None:
    """Return what a key gives: ``ros VERSION``, ``apt NAMES`` or ``pip NAMES``; None: nothing.

    Args:
        key: of ``package.xml``.
        release: code name of the Ubuntu release.
        packages: version by name of the packages that the distribution releases.
        rules: rosdep's rules by key.
    """
    if key in packages:
        return f'ros {packages[key]}'
    rule = rules.get(key, {}).get('ubuntu')
    if isinstance(rule, dict) and 'pip' not in rule:
        rule = rule.get(release, rule.get('*'))
    if isinstance(rule, dict) and 'pip' in rule:
        wanted = rule['pip']
        return f'pip {" ".join(wanted["packages"] if isinstance(wanted, dict) else wanted)}'
    return f'apt {" ".join(rule)}' if rule else None


def released(distribution: dict[str, Any]) -> dict[str, str]:
    """Return the version of every package that a distribution file releases."""
    versions = {}
    for repository, entry in distribution['repositories'].items():
        release = entry.get('release') or {}
        if 'version' in release:
            for name in release.get('packages', [repository]):
                versions[name] = release['version']
    return versions


def look_up(git: tuple[str, ...]) -> dict[str, Any]:
    """Return the list for the newest commit of a checkout, given the start of a git command."""

    def output(*words: str) -> str:
        return subprocess.run([*git, *words], check=True, capture_output=True, text=True).stdout

    def file(path: str) -> dict[str, Any]:
        loaded: dict[str, Any] = yaml.safe_load(output('show', f'HEAD:{path}'))
        return loaded

    rules = {**file('rosdep/base.yaml'), **file('rosdep/python.yaml')}
    keys: dict[str, dict[str, str | None]] = {key: {} for key in package_keys()}
    releases = {}
    for name in DISTRIBUTIONS:
        distribution = file(f'{name}/distribution.yaml')
        (releases[name],) = distribution['release_platforms']['ubuntu']
        packages = released(distribution)
        for key, found in keys.items():
            found[name] = resolve(key, releases[name], packages, rules)
    commit, date = output('log', '-1', '--format=%h %as').split()
    source = {'repository': 'ros/rosdistro', 'commit': commit, 'date': date}
    return {'source': source, 'ubuntu': releases, 'keys': keys}


def main() -> None:
    """Write the stored list; exit with 1 where a key gives nothing on a distribution."""
    found = look_up(('git', '-C', sys.argv[1]))
    STORED.write_text(json.dumps(found, indent=1) + '\n', encoding='utf-8')
    missing = [f'{key} on {d}' for key, by in found['keys'].items() for d in by if by[d] is None]
    sys.stdout.write(f'{len(found["keys"])} keys; without anything: {missing or "none"}\n')
    raise SystemExit(bool(missing))


if __name__ == '__main__':
    main()
