"""What the registry declares, as rules, files and modules; no tests."""

from trajectories.analyses import registry

ANALYSES = registry.analyses()
# The rule of the tables of each analysis; others have rules of their own.
TABLE_RULES = {name: name for name, analysis in ANALYSES.items() if analysis.reads}
# Analysis and figure of each rule.
FIGURE_RULES = {
    figure.rule or f"figure_{each}": (name, each)
    for name, analysis in ANALYSES.items()
    for each, figure in analysis.figures.items()
}

# Those that not every study has: of several conditions, of sweeps, or of references.
OF_SOME = {"references", "diets", "ages", "conditions", "alignment", "critical_period"}
RULES_OF_SOME = {name for name in TABLE_RULES if name in OF_SOME} | {
    rule for rule, (name, _) in FIGURE_RULES.items() if name in OF_SOME
}


def start(rule: str) -> tuple[str, str]:
    """The script of a rule, and the module that it imports by the name of the analysis."""
    if rule in TABLE_RULES:
        return "make_tables.py", f"trajectories/analyses/{rule}/table.py"
    name, figure = FIGURE_RULES[rule]
    module = ANALYSES[name].figures[figure].module
    return "draw.py", f"trajectories/analyses/{name}/{module}.py"
