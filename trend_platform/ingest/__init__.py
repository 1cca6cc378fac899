"""The use cases: what is planned, fetched, judged, stored and accounted for. One composition root: `build`."""
