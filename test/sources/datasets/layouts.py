# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Small datasets written in the layouts of the real ones: their column and file names."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def put_image(path: Path, grey: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.full((24, 32, 3), grey, np.uint8)
    image[8:16, 10:20] = (grey + 100) % 256  # a view without any structure is refused
    assert cv2.imwrite(str(path), image)


def write_gsv_city(root: Path, city: str, places: list[int], north_of_lat: float = 51.5) -> None:
    """Two views, two years apart, of each place; 0.002 deg of latitude between places."""
    lines = ['place_id,year,month,northdeg,city_id,lat,lon,panoid']
    for place in places:
        for view in range(2):
            year, month, northdeg = 2015 + 2 * view, 3 + view, 90 * view + 5
            lat, lon = f'{north_of_lat + 0.002 * place:.7f}', '-0.1234560'
            panoid = f'pa_no-{place}_{view}'
            lines.append(f'{place},{year},{month},{northdeg},{city},{lat},{lon},{panoid}')
            # the file names have no trailing zeros, as pandas prints what it read
            name = (
                f'{city}_{place:07d}_{year:04d}_{month:02d}_{northdeg:03d}_{float(lat)}_'
                f'{float(lon)}_{panoid}.jpg'
            )
            put_image(root / 'Images' / city / name, 10 * place + view)
    (root / 'Dataframes').mkdir(parents=True, exist_ok=True)
    (root / 'Dataframes' / f'{city}.csv').write_text('\n'.join(lines) + '\n')


def write_msls_part(folder: Path, keys: list[str], step_m: float = 5.0) -> None:
    """Images driving north; the last is a panorama; of the others the last is seen by night."""
    raw = [',key,lon,lat,ca,captured_at,pano']
    processed = [',key,easting,northing,night,control_panel,view_direction,unique_cluster']
    sequence = [',key,sequence_key,frame_number']
    subtask = [',key,all,s2w,w2s,o2n,n2o,d2n,n2d']
    for row, key in enumerate(keys):
        pano, night = row == len(keys) - 1, row == len(keys) - 2
        raw.append(f'{row},{key},12.57,{55.67 + 1e-5 * row},{10.0 * row},2018-04-1{row},{pano}')
        north = 6172000.5 + step_m * row
        processed.append(f'{row},{key},347000.25,{north},{night},False,Forward,{row // 2}')
        sequence.append(f'{row},{key},seq_a,{row + 7}')
        subtask.append(f'{row},{key},True,False,False,False,False,{night},False')
        put_image(folder / 'images' / f'{key}.jpg', 20 * row)
    tables = {'raw': raw, 'postprocessed': processed, 'seq_info': sequence}
    for name, lines in {**tables, 'subtask_index': subtask}.items():
        (folder / f'{name}.csv').write_text('\n'.join(lines) + '\n')


def write_vg_folder(folder: Path, easts: list[float], heading: str = '90') -> None:
    """Images along a street to the east, five kilometres north of the equator."""
    for number, east in enumerate(easts):
        name = f'@{east:.2f}@{5000:010.2f}@31@N@0.0452@3.0@pano{number}@@{heading}@@@@201604@@.jpg'
        put_image(folder / name, 30 * number)
