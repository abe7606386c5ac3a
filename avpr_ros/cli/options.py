# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share, and match settings as options of a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import functools
import inspect
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from avpr_ros.localization.settings import MatchSettings, SettingInfo, setting_infos

ImageTopics = Annotated[
    list[str] | None,
    typer.Option('--image-topic', help='Image topic of a bag, or sub-folder; can be repeated.'),
]
PoseTopic = Annotated[str | None, typer.Option(help='Topic of the poses.')]
Tum = Annotated[Path | None, typer.Option(help='TUM trajectory file of the poses.')]
Poses = Annotated[Path | None, typer.Option(help='CSV file of the poses.')]
MapFrame = Annotated[str | None, typer.Option(help='Frame in which the poses are given.')]
BaseFrame = Annotated[str | None, typer.Option(help='Frame of the robot whose poses are given.')]
QueryNetwork = Annotated[
    Path | None,
    typer.Option(
        '--query',
        help='Query network, an ONNX file with its manifest; by default the one in a map of '
        'embedded-fixed.',
    ),
]
TrustedKeys = Annotated[
    Path | None,
    typer.Option(
        '--trusted-map-keys',
        help='PEM file with public Ed25519 keys; a map without a signature by one of them is '
        'refused, see avpr sign.',
    ),
]
MaxGap = Annotated[
    float, typer.Option(help='Longest gap between poses that is interpolated, in seconds.')
]


def with_match_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command whose parameter ``settings`` is replaced by an option for each setting.

    Args:
        command: takes its ``MatchSettings`` by the keyword ``settings``.
    """
    signature = inspect.signature(command)
    hints = get_type_hints(command, include_extras=True)
    options = list(_options())
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        if parameter.name == 'settings':
            parameters += options
        else:
            parameters.append(parameter.replace(annotation=hints[parameter.name]))

    with_options = signature.replace(parameters=parameters)

    @functools.wraps(command)
    def wrapped(*arguments: Any, **keywords: Any) -> None:
        bound = with_options.bind(*arguments, **keywords)
        bound.apply_defaults()
        values = bound.arguments
        settings = {option.name: values.pop(option.name) for option in options}
        command(**values, settings=MatchSettings(**settings))

    # Typer reads both.
    wrapped.__annotations__ = {one.name: one.annotation for one in parameters}
    vars(wrapped)['__signature__'] = with_options
    return wrapped


def _options() -> Iterator[inspect.Parameter]:
    hints = get_type_hints(MatchSettings)
    for name, info in setting_infos(adjustable_only=True).items():
        option = typer.Option(_flag(name, hints[name]), help=_help(info))
        yield inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=getattr(MatchSettings, name),
            annotation=Annotated[hints[name], option],
        )


def _flag(name: str, kind: Any) -> str:
    """Return the option's name; a switch has two."""
    option = name.replace('_', '-')
    return f'--{option}/--no-{option}' if kind is bool else f'--{option}'


def _help(info: SettingInfo) -> str:
    text = info.description[:-1]
    if info.none_means:
        text += f'; by default: {info.none_means}'
    if info.low is not None and info.high is not None:
        unit = f' {info.unit}' if info.unit else ''
        text += f'; {info.low:g} to {info.high:g}{unit}'
    return f'{text}.'


#: Suffix of a report, which a command may replace beside what it reads.
_PAGE = '.html'


def check_result(output: Path, *inputs: Path | None) -> None:
    """Check where results are to be written, before anything is read.

    Args:
        output: file or folder of the results.
        inputs: files and folders that the command reads; None: not given.

    Raises:
        ConfigError: it is an input, an existing file of an input folder other than a page, or it
            lies in a map and is not its report.
    """
    from avpr_ros.errors import ConfigError
    from avpr_ros.gallery.gallery_map import REPORT
    from avpr_ros.gallery.map_folder import is_map
    from avpr_ros.storage.files import check_name

    check_name(output)
    place = output.resolve()
    read = [one.resolve() for one in inputs if one is not None]
    # Pages are written again; other files of an input may be all there is of them.
    within = place.is_file() and place.suffix.lower() != _PAGE and place.parent in read
    if place in read or within:
        raise ConfigError(f'{output} is read by this command; choose another output')
    if is_map(place) or (place.name != REPORT and is_map(place.parent)):
        raise ConfigError(f'{output} lies in a map, which it would damage; choose another output')
