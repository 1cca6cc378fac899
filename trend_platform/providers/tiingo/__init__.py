"""Tiingo: raw days of US shares, bars and last prices of IEX, crypto."""
