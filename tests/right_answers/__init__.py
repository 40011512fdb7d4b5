"""Right answers to the exercises, written otherwise than the reference: none of them may be refused."""
