"""Three-way calls: one act with its own record. The citizen stays, whatever happens to anybody else."""
