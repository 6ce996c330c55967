"""A library in plain Python, small and slow to reason wrongly about: what the state machine holds the real one to.

Written from the library's circulation rules alone. It imports nothing of the code that it judges.
"""
