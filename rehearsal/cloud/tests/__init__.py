"""One test for each gap of the emulator that the local cloud closes.

    python -m unittest discover -s cloud/tests -t .

run in the folder `rehearsal`, with the Python that has requirements.txt.
"""
