"""Judgement of candle frames: which rows are believed, which are set aside, and the sentence that says why.

Pure: frames in, frames out. No clock, no socket, no storage; what must be known besides the frame comes as `Surroundings`.
"""
