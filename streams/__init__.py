"""How events get in: sources, the Faust workers, the embedded broker and the simulator."""
