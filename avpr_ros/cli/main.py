# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr``: imports the module of a command only when it runs, to start fast."""

from __future__ import annotations

import errno
import importlib
import sys
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from avpr_ros import __version__
from avpr_ros.cli.console import print_error
from avpr_ros.errors import AvprError
from avpr_ros.storage.files import printable

#: Names of the commands: each is a function or a group, in the module of its name or of _MODULES.
COMMANDS = (
    *('build', 'train', 'quantize', 'inspect', 'bench'),
    *('localize', 'report', 'export', 'models', 'evaluate', 'doctor', 'demo'),
    *('sign', 'verify', 'gather', 'maps'),
)
#: Modules of commands that lie elsewhere than in the module of their name.
_MODULES = {
    **{'sign': 'inspect', 'verify': 'inspect'},
    **{'gather': 'fleet.gather', 'maps': 'fleet.maps'},
}
_FAILED = 2
#: What a disk or a folder refuses at any write of any command.
_DISK_ERRORS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM),
    *(errno.EIO, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR),
}


class LazyGroup(typer.core.TyperGroup):
    """A group that imports the module of a command when the command is needed."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of a typical workflow."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import one command; None where there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f'avpr_ros.cli.{_MODULES.get(cmd_name, cmd_name)}')
        found = getattr(module, cmd_name)
        if isinstance(found, typer.Typer):
            group = typer.main.get_command(found)
            group.name = cmd_name  # typer leaves it empty, and the help lists it by this name
            return group
        single = typer.Typer(add_completion=False)
        single.command(cmd_name)(found)
        return typer.main.get_command(single)


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode='markdown',
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f'avpr_ros {__version__}')
        raise typer.Exit


@app.callback()
def avpr(
    version: Annotated[
        bool,
        typer.Option(
            '--version', help='Print the version.', callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Visual place recognition: build a gallery map, train a query network, match images."""


def main() -> None:
    """Run ``avpr``; an error that the user can correct prints one line and exits with 2."""
    try:
        app()
    except AvprError as error:
        print_error(str(error))
    except MemoryError:
        print_error(
            'The memory of this computer is not enough for this command: end other programs, or '
            'give it less at once.'
        )
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        place = 'An output' if error.filename is None else printable(str(error.filename))
        print_error(
            f'{place} cannot be written or read ({error.strerror}): free disk space, or choose '
            'another folder.'
        )
    else:
        return
    sys.exit(_FAILED)


if __name__ == '__main__':
    main()
