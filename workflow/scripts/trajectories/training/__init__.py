"""How networks learn: objectives, augmentation, the loop, and segments of it."""
