"""Dissimilarity within categories of stimuli, and between them and others (Figure 2)."""

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trajectories.errors import UserError
from trajectories.rdms import rdm

Mask = NDArray[np.bool_]

# Dissimilarities that are averaged at once: 32 megabytes.
BLOCK_NUMBERS = 2**22


@dataclass(frozen=True)
class Category:
    """A category of stimuli as the pairs it compares.

    Parameters
    ----------
    name : str
    within : bool array of shape (n_pairs,)
        Pairs with both stimuli in the category.
    between : bool array of shape (n_pairs,)
        Pairs with one stimulus in the category and one outside it.
    """

    name: str
    within: Mask
    between: Mask


def parse(text: str) -> dict[str, dict[str, str]]:
    """Definitions of categories from JSON, such as ``{"faces": {"within": "face"}}``.

    Raises
    ------
    UserError
        If the text is not JSON of this form.
    """
    try:
        definitions = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(
            f"The categories {text!r} are not valid JSON ({error}):"
            ' write them like {"faces": {"within": "face"}}.'
        ) from error
    if not isinstance(definitions, dict) or not definitions:
        raise UserError(
            f"The categories {text!r} define none:"
            ' write them like {"faces": {"within": "face"}}.'
        )
    for name, definition in definitions.items():
        if (
            not isinstance(definition, dict)
            or not {"within"} <= definition.keys() <= {"within", "between"}
            or not all(isinstance(value, str) for value in definition.values())
        ):
            raise UserError(
                f"Category {name!r} is defined by {json.dumps(definition)}: give it the key"
                " 'within' and, if wanted, 'between', each with an expression of flags."
            )
    return definitions


def against_all_others(definition: Mapping[str, str]) -> bool:
    """Whether a category is compared with all images that are not in it."""
    between, within = definition.get("between"), definition["within"]
    return not between or _tree(between) == _tree(f"~({within})")


def compared_with(definition: Mapping[str, str]) -> str:
    """The images that those of a category are compared with, for sentences."""
    if against_all_others(definition):
        return "the rest"
    return f'the images "{definition["between"]}"'


def _tree(expression: str) -> str:
    """An expression without regard to space and needless parentheses."""
    return ast.dump(ast.parse(expression.strip(), mode="eval"))


def select(
    definitions: Mapping[str, Mapping[str, str]], flags: Mapping[str, ArrayLike]
) -> list[Category]:
    """Categories of a stimulus set, in the order of their definitions.

    Parameters
    ----------
    definitions : mapping of name to {"within": expression, "between": expression}
        Without ``between``, all stimuli outside the category count.
    flags : mapping of flag to bool array of shape (n_stimuli,)

    Raises
    ------
    UserError
        If an expression cannot be read, if a category has fewer than two members or none outside,
        or if its two sets overlap.
    """
    selected = []
    for name, definition in definitions.items():
        within = members(definition["within"], flags, name)
        expression = definition.get("between")
        outside = None if expression is None else members(expression, flags, name)
        selected.append(Category(name, *pair_masks(within, outside, name)))
    return selected


def members(expression: str, flags: Mapping[str, ArrayLike], category: str = "") -> Mask:
    """Stimuli that an expression of flags selects.

    Parameters
    ----------
    expression : str
        Names of flags joined with ``&`` (and), ``|`` (or), ``~`` (not) and parentheses.
    flags : mapping of flag to bool array of shape (n_stimuli,)
    category : str, optional
        What to call the category in an error.

    Returns
    -------
    bool array of shape (n_stimuli,)

    Raises
    ------
    UserError
        If the expression holds anything else, or a flag that is not in the stimulus table.
    """
    label = f"Category {category!r}" if category else "A category"
    refusal = UserError(
        f"{label} has the expression {expression!r}, which cannot be read:"
        " join names of flags with &, |, ~ and parentheses."
    )

    def evaluate(node: ast.expr) -> Mask:
        match node:
            case ast.Name(id=flag):
                if flag not in flags:
                    raise UserError(
                        f"{label} uses the flag {flag!r}, which the stimulus table lacks:"
                        f" choose from {', '.join(flags)}."
                    )
                return np.array(flags[flag], dtype=np.bool_)
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                return ~evaluate(operand)
            case ast.BinOp(left=left, op=ast.BitAnd(), right=right):
                return evaluate(left) & evaluate(right)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return evaluate(left) | evaluate(right)
        raise refusal

    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError):
        raise refusal from None
    return evaluate(tree.body)


def pair_masks(
    within: ArrayLike, between_members: ArrayLike | None = None, category: str = ""
) -> tuple[Mask, Mask]:
    """Pairs within a category, and pairs between it and the stimuli outside.

    Parameters
    ----------
    within : bool array of shape (n_stimuli,)
        Members of the category.
    between_members : bool array of shape (n_stimuli,), optional
        Stimuli to compare the members with; by default all that are not members.
    category : str, optional
        What to call the category in an error.

    Returns
    -------
    within_mask, between_mask : bool arrays of shape (n_pairs,)
        In the order of `rdm.pairs`. Of k members and m stimuli outside there are k(k - 1)/2 pairs
        within and km between.

    Raises
    ------
    UserError
        If there are fewer than two members or nobody outside, or if the sets overlap.
    """
    label = f"Category {category!r}" if category else "A category"
    inside = np.asarray(within, dtype=np.bool_)
    outside = ~inside if between_members is None else np.asarray(between_members, dtype=np.bool_)
    n_inside, n_outside = int(inside.sum()), int(outside.sum())
    if n_inside < 2:
        raise UserError(
            f"{label} has {n_inside} of the {inside.size} stimuli, but pairs within it need at"
            " least 2: widen its expression 'within'."
        )
    if n_outside == 0:
        raise UserError(
            f"{label} has no stimuli to compare with: narrow its expression 'within',"
            " or widen 'between'."
        )
    shared = int((inside & outside).sum())
    if shared:
        raise UserError(
            f"{label} shares {shared} stimuli with the set it is compared to:"
            " exclude them from its expression 'between'."
        )
    first, second = rdm.pairs(inside.size)
    within_mask = inside[first] & inside[second]
    between_mask = (inside[first] & outside[second]) | (outside[first] & inside[second])
    assert within_mask.sum() == rdm.n_pairs(n_inside)
    assert between_mask.sum() == n_inside * n_outside
    return within_mask, between_mask


def category_dissimilarity(rdms: ArrayLike, masks: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """Mean dissimilarity of each checkpoint over each set of pairs.

    Parameters
    ----------
    rdms : array, or dataset of an open file, of shape (n_checkpoints, n_pairs)
        Some checkpoints at a time are in memory.
    masks : bool arrays of shape (n_pairs,), none empty
        Sets of pairs, such as those of `pair_masks`.

    Returns
    -------
    float64 array of shape (n_checkpoints, n_masks)
        In the unit of the RDMs.
    """
    weights = np.asarray(masks, dtype=np.float64)
    weights /= weights.sum(axis=1, keepdims=True)
    given: Any = rdms if hasattr(rdms, "shape") else np.asarray(rdms)
    most = max(1, BLOCK_NUMBERS // max(1, given.shape[1]))
    starts = range(0, max(1, len(given)), most)
    parts = (np.asarray(given[start : start + most], dtype=np.float64) for start in starts)
    return np.concatenate([part @ weights.T for part in parts])
