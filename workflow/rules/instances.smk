"""Instances: how alike networks of different seeds are, and where their differences come from.

needs   <instance>/trajectory.h5 of all instances, <condition>/recipe.json
makes   results/<experiment>/tables/{consistency,variance_split}.csv
        results/<experiment>/figures/consistency.{pdf,png,txt}
        results/<experiment>/figures/variance_split.{pdf,png,txt}, where conditions differ only in
        training.fixed_seeds
"""


rule consistency:
    input:
        trajectories=every_instance("trajectory.h5"),
        code=code("consistency.py"),
    output:
        experiment("tables/consistency.csv"),
    params:
        measure=config["metrics"]["similarity"],
    log:
        experiment("logs/consistency.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/consistency.py"
        " --trajectories {input.trajectories:q}"
        " --measure {params.measure}"
        " --output {output:q}"
        " --log {log:q}"


rule figure_consistency:
    input:
        table=experiment("tables/consistency.csv"),
        code=code("figure_consistency.py"),
    output:
        shown_figure("consistency", "Instances", ".txt"),
    params:
        measure=config["metrics"]["similarity"],
    log:
        experiment("logs/figure_consistency.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_consistency.py"
        " --table {input.table:q}"
        " --measure {params.measure}"
        " --output {output:q}"
        " --log {log:q}"


rule variance_split:
    input:
        trajectories=every_instance("trajectory.h5"),
        recipes=expand(experiment("{condition}/recipe.json"), condition=config["conditions"]),
        code=code("variance_split.py"),
    output:
        experiment("tables/variance_split.csv"),
    log:
        experiment("logs/variance_split.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/variance_split.py"
        " --trajectories {input.trajectories:q}"
        " --recipes {input.recipes:q}"
        " --output {output:q}"
        " --log {log:q}"


rule figure_variance_split:
    input:
        table=experiment("tables/variance_split.csv"),
        code=code("figure_variance_split.py"),
    output:
        shown_figure("variance_split", "Instances", ".txt"),
    log:
        experiment("logs/figure_variance_split.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_variance_split.py"
        " --table {input.table:q}"
        " --output {output:q}"
        " --log {log:q}"


TABLES += [*rules.consistency.output, *rules.variance_split.output]
FIGURES += [
    *rules.figure_consistency.output,
    *(rules.figure_variance_split.output if splits_variance() else []),
]
