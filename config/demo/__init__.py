"""The demo world: believable, plainly a demo, built through public operations only."""
