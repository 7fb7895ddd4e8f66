#!/usr/bin/env python3
"""Downloads a repository from Hugging Face, inside the engine's image: `download.py REPOSITORY REVISION FOLDER`.

Uses huggingface_hub, which the engine itself loads models with, and not its command, whose name and options have changed
between versions. What is there already is not fetched again; a file that was cut off goes on. On failure one line says why.
"""
import sys

from huggingface_hub import errors, snapshot_download

# What an engine does not read when there are safetensors.
LEFT_OUT = ["original/*", "*.pth", "*.bin", "*.gguf", "*.msgpack", "*.h5", "*.onnx"]


def main(repository, revision, folder):
    try:
        snapshot_download(repository, revision=revision, local_dir=folder, ignore_patterns=LEFT_OUT)
    except errors.GatedRepoError:
        return f"{repository} is gated: accept its terms with the account of the token, and give storage.huggingFaceTokenSecret"
    except errors.RevisionNotFoundError:
        return f"{repository} has no revision {revision}"
    except errors.RepositoryNotFoundError:
        return f"{repository} is not there, or is private: see storage.huggingFaceRepository and storage.huggingFaceTokenSecret"
    except Exception as error:  # Whatever it is, it goes into the status and is tried again.
        lines = str(error).strip().splitlines() or [""]
        return f"could not download {repository}: {type(error).__name__} {lines[0]}"[:300]
    return ""


if __name__ == "__main__":
    why = main(*sys.argv[1:])
    if why:
        print(f"llm-cluster: {why}", file=sys.stderr)
        sys.exit(1)
