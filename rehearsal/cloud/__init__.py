"""The local cloud: the pinned emulator with the gaps closed that this product would fall into.

Run it with ``python -m cloud``. Every module repairs one area, says in its
docstring what AWS does and what the emulator does instead, and offers one
``install``. `seams.py` lists every private name they rely on.
"""
