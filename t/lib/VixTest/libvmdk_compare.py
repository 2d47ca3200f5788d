#!/usr/bin/python3
# Compares disks, as libvmdk reads them, with raw files:
#
#   libvmdk_compare.py DISK RAW [DISK RAW]...
#
# Prints one line for each pair: "same", or what differs first, or libvmdk's message.
import sys

import pyvmdk

CHUNK = 1 << 20


def difference(disk, raw):
    handle = pyvmdk.handle()
    handle.open(disk)
    handle.open_extent_data_files()
    with open(raw, "rb") as expected:
        size = expected.seek(0, 2)
        if handle.get_media_size() != size:
            return f"{handle.get_media_size()} bytes instead of {size}"
        expected.seek(0)
        for offset in range(0, size, CHUNK):
            want = expected.read(CHUNK)
            got = handle.read_buffer_at_offset(len(want), offset)
            if got != want:
                at = next((i for i, pair in enumerate(zip(got, want)) if pair[0] != pair[1]), len(got))
                return f"byte {offset + at} differs"
    handle.close()
    return "same"


for pair in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        print(difference(*pair))
    except OSError as error:
        print("libvmdk: " + str(error).splitlines()[0])
