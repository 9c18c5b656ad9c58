"""The package, with the schema of the config and the published diets, which lie outside it."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages("workflow/scripts"), "trajectories.schemas", "trajectories.diets"],
    package_dir={
        "": "workflow/scripts",
        "trajectories.schemas": "workflow/schemas",
        "trajectories.diets": "workflow/diets",
    },
    package_data={"": ["*.rst", "*.yaml"]},
)
