"""The parts of `benches/saturation.py`: a load generator that is saturated on purpose, beside one that is not."""
