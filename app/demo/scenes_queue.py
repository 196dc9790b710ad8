"""Scenes of waiting: nobody is there, nobody answers, the seat is far away, the same citizen again, the service is dead."""
