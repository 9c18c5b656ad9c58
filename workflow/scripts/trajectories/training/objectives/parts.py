"""How many groups of a batch go through the network together.

Without torch: planning counts the passes of an objective by it.
"""

# Groups are computed together up to so many images: more need more memory and gain little.
IMAGES_AT_ONCE = 64
# Of small images, as many as have so many pixels: each pass costs sums of the weights' gradients.
PIXELS_AT_ONCE = 256 * 32**2


def images_at_once(image_size: int) -> int:
    """Images of this side, px, up to which groups are computed together."""
    return max(IMAGES_AT_ONCE, PIXELS_AT_ONCE // image_size**2)


def groups_together(groups: int, images: int, at_once: int) -> int:
    """How many of the equal `groups` of so many images are computed together, at least one.

    It divides their number, so that all parts are equal.
    """
    most = max(1, at_once * groups // images)
    return max(n for n in range(1, groups + 1) if groups % n == 0 and n <= most)
