#!/usr/bin/env python3
"""Holds the files of a folder against its manifest.json: `manifest.py FOLDER`.

Prints nothing when all is well, else one line: `missing` and what lacks or has another size; `corrupt` and the files whose
checksum differs, which `.corrupt` in the folder then lists; `again` and those files when nothing has changed since.
Checksums of several hundred GB take minutes, so what was found is kept for the files as they are: names, sizes, times.
"""
import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath


def read_manifest(folder):
    text = (folder / "manifest.json").read_bytes()
    files = {}
    for entry in json.loads(text)["files"]:
        path = PurePosixPath(entry["path"])
        if path.is_absolute() or ".." in path.parts or "\n" in entry["path"]:
            raise ValueError(f"manifest.json names {path}, which is not inside the folder")
        files[str(path)] = (int(entry["size"]), str(entry["sha256"]))
    return text, files


def look_for_missing(folder, files):
    for name, (size, _) in files.items():
        path = folder / name
        if not path.is_file():
            yield f"{name} lacks"
        elif path.stat().st_size != size:
            yield f"{name} has {path.stat().st_size} of {size} bytes"


def fingerprint(folder, text, files):
    """Changes when the manifest does, or when any file was written anew."""
    seen = hashlib.sha256(text)
    for name in sorted(files):
        status = (folder / name).stat()
        seen.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(8 << 20):
            digest.update(block)
    return digest.hexdigest()


def find_corrupt(folder, files):
    # Threads are enough: hashlib lets go of the interpreter while it works on a large block.
    with ThreadPoolExecutor(min(32, os.cpu_count() or 1)) as pool:
        sums = pool.map(lambda name: sha256_of(folder / name), files)
        return [name for name, sum_ in zip(files, sums) if sum_ != files[name][1]]


def remembered(path):
    return path.read_text() if path.exists() else ""


def main(folder):
    text, files = read_manifest(folder)
    missing = list(look_for_missing(folder, files))
    if missing:
        return "missing " + ", ".join(missing)[:200]
    verified, looked_at, listed = folder / ".verified", folder / ".looked-at", folder / ".corrupt"
    now = fingerprint(folder, text, files)
    if remembered(verified) == now:
        return ""
    if remembered(looked_at) == now:
        return "again " + ", ".join(remembered(listed).split("\n"))[:200].strip(", ")
    corrupt = find_corrupt(folder, files)
    if not corrupt:
        verified.write_text(now)
        return ""
    listed.write_text("".join(f"{name}\n" for name in corrupt))
    looked_at.write_text(now)
    return "corrupt " + ", ".join(corrupt)[:200]


if __name__ == "__main__":
    found = main(Path(sys.argv[1]))
    if found:
        print(found)
