# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a demo host: gives it the past of a host that was watched for 60 days.

Usage: history.py STATE_FILE < DAYS, where DAYS maps names of images to how many days ago they were last used. What the first
real run wrote is moved into the past, and so are the file times of the image store.
"""

import json
import os
import sys

DAY = 86400
WATCHED = 60
# Where the two image stores keep an image's first file.
IMAGE_FILES = (
    "/var/lib/docker/image/overlay2/imagedb/content/sha256",
    "/var/lib/containerd/io.containerd.content.v1.content/blobs/sha256",
)


def main(path: str) -> None:
    days = json.load(sys.stdin)
    with open(path) as stream:
        document = json.load(stream)
    for engine in document["engines"].values():
        engine["sampled_since"] -= WATCHED * DAY
        engine["started"] -= WATCHED * DAY
        for identity, image in engine["images"].items():
            image["arrived"] -= WATCHED * DAY
            image["names"] = {name: moment - WATCHED * DAY for name, moment in image["names"].items()}
            told = [days[name] for name in image["names"] if name in days]
            if told:
                image["last_used"] = engine["last_run"] - min(told) * DAY
            for folder in IMAGE_FILES:
                move(os.path.join(folder, identity.partition(":")[2]), image["arrived"])
    with open(path, "w") as stream:
        json.dump(document, stream)


def move(path: str, moment: int) -> None:
    if os.path.exists(path):
        os.utime(path, (moment, moment))


if __name__ == "__main__":
    main(sys.argv[1])
