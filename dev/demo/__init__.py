"""The main job, shown: a real event rotates a key on simulated Azure, and nobody notices."""
