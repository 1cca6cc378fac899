"""Alpaca Market Data: bars of many symbols a call, snapshots, corporate actions, crypto."""
