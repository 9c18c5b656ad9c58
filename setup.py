"""The package, with the schema of the config, which lies beside the rules in the repository."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages("workflow/scripts"), "trajectories.schemas"],
    package_dir={"": "workflow/scripts", "trajectories.schemas": "workflow/schemas"},
    package_data={"": ["*.rst", "*.yaml"]},
)
