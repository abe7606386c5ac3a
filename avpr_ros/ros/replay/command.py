# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr_replay``: publish a bag's images to a running node and record its answers.

With ``--also /odom`` further topics of the bag are published in between, in recorded order.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

import rclpy
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from avpr_ros.errors import AvprError
from avpr_ros.ros.common.localizer_interface import NODE_NAME, RELIABILITIES
from avpr_ros.ros.replay.bag import open_stream
from avpr_ros.ros.replay.player import Player
from avpr_ros.ros.replay.record import summary, write_records
from avpr_ros.ros.startup.start_signals import STOPPED, ignore_signals, interrupt_on_signals

#: Exit code when the bag cannot be read or the node is missing.
REFUSED = 2
#: Exit code when no image was answered.
UNANSWERED = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or another code after one sentence on standard error."""
    arguments = list(sys.argv if argv is None else ['avpr_replay', *argv])
    options = _parser().parse_args(remove_ros_args(arguments)[1:])
    try:
        interrupt_on_signals()
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
        return _replay(options)
    except AvprError as error:
        sys.stderr.write(f'avpr_replay: {error}\n')
        return REFUSED
    except KeyboardInterrupt:
        ignore_signals()
        sys.stderr.write('avpr_replay: interrupted; no records were written.\n')
        return STOPPED
    finally:
        ignore_signals()
        rclpy.try_shutdown()


def _replay(options: argparse.Namespace) -> int:
    node = rclpy.create_node('avpr_replay')
    try:
        with open_stream(options.bag, options.image_topic, options.also) as stream:
            player = Player(
                node,
                options.node,
                options.publish_topic or stream.topic,
                stream.message_type,
                options.reliability,
                stream.also,
                options.listener,
            )
            player.wait_for_node(options.discovery_timeout_s)
            if options.rate is None:
                player.play_closed_loop(stream.messages, options.timeout_s)
            else:
                player.play_at_rate(stream.messages, options.rate, options.timeout_s)
            player.close()
    finally:
        node.destroy_node()
    write_records(options.out, player.records)
    sys.stdout.write(f'{summary(player.records)} Written to {options.out}.\n')
    return 0 if any(record.latency_ms is not None for record in player.records) else UNANSWERED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='avpr_replay', description=__doc__)
    add = parser.add_argument
    add('bag', type=Path, help='bag: a folder, .mcap, .db3 or .bag')
    add('--image-topic', required=True, help='image topic in the bag')
    add('--out', type=Path, required=True, help='JSON-lines file, one line per image')
    add('--node', default=NODE_NAME, help='the node that answers (default: %(default)s)')
    add('--publish-topic', help='topic to publish on (default: the one in the bag)')
    add(
        '--also',
        action='append',
        default=[],
        metavar='TOPIC',
        help='further topic of the bag to publish; needs a subscriber; can be repeated',
    )
    add(
        '--listener',
        action='append',
        default=[],
        metavar='NODE',
        help='further node that must receive every loop closure, such as a pose graph: the replay '
        'starts once it is connected; can be repeated',
    )
    add(
        '--rate',
        type=_positive,
        metavar='HZ',
        help='publish at this rate (default: each image after the answer to the previous one)',
    )
    add(
        '--reliability',
        choices=sorted(RELIABILITIES),
        default='reliable',
        help='offered by the publisher (default: %(default)s)',
    )
    add(
        '--timeout-s',
        type=_positive,
        default=5.0,
        help='longest wait for an answer, in seconds (default: %(default)s)',
    )
    add(
        '--discovery-timeout-s',
        type=_positive,
        default=60.0,
        help='longest wait for the node, in seconds (default: %(default)s)',
    )
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < float('inf'):
        raise argparse.ArgumentTypeError(f'{text} is not a finite number above zero')
    return value
