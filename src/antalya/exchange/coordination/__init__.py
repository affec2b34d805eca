"""The DSS of ASTM F3548-21: who keeps what where, and who must know of it before they write.

On this door two things are relevant to each other where their level-13 cells, heights and times meet; that is coarse on
purpose, since a client must prove that it knows of everything that might matter (docs/adr/0008). The exchange's own findings
stay exact.
"""
