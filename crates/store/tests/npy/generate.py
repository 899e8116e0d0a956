"""The files of this folder, written by NumPy for ../npy.rs; needs numpy alone.

    python generate.py

Each number array holds 0 to 5 as [2, 3], whatever its type and order, so that all must read alike.
"""

from pathlib import Path

import numpy

FOLDER = Path(__file__).parent
NUMBERS = numpy.arange(6).reshape(2, 3)

for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
    numpy.save(FOLDER / f"little_{kind}.npy", NUMBERS.astype("<" + kind))
    numpy.save(FOLDER / f"big_{kind}.npy", NUMBERS.astype(">" + kind))
numpy.save(FOLDER / "fortran_f4.npy", numpy.asfortranarray(NUMBERS.astype("<f4")))
for version in [(1, 0), (2, 0), (3, 0)]:
    with open(FOLDER / f"version_{version[0]}.npy", "wb") as file:
        numpy.lib.format.write_array(file, NUMBERS.astype("<f4"), version)

numpy.save(FOLDER / "negative_i2.npy", numpy.array([-1, -32768], "<i2"))
numpy.save(FOLDER / "bool.npy", numpy.array([True, False]))
numpy.save(FOLDER / "scalar.npy", numpy.float32(0.5))
numpy.save(FOLDER / "empty.npy", numpy.zeros((2, 0, 3), "<f4"))
numpy.save(FOLDER / "text.npy", numpy.array(["joy", "fear"]))
numpy.save(FOLDER / "complex.npy", numpy.array([1j]))
numpy.save(FOLDER / "records.npy", numpy.zeros(2, [("x", "<f4"), ("y", "<i4")]))
