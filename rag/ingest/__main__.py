"""``python -m rag.ingest``: the reading process."""

from rag.ingest.sandbox.reader import main

if __name__ == "__main__":
    main()
