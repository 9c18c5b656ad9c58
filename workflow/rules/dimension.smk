"""Dimension: participation ratio, CKA between checkpoints, categories of nearest neighbours.

needs   <instance>/trajectory.h5 of all instances
makes   results/<experiment>/tables/{dimension,cka,nearest_neighbour}.csv
        results/<experiment>/figures/{dimension,cka,nearest_neighbour}.{pdf,png,txt}
"""


rule dimension:
    input:
        trajectories=every_instance("trajectory.h5"),
        code=code("dimension.py"),
    output:
        dimension=experiment("tables/dimension.csv"),
        cka=experiment("tables/cka.csv"),
    log:
        experiment("logs/dimension.log"),
    benchmark:
        experiment("benchmarks/dimension.tsv")
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/dimension.py"
        " --trajectories {input.trajectories:q}"
        " --dimension {output.dimension:q}"
        " --cka {output.cka:q}"
        " --log {log:q}"


rule nearest_neighbour:
    input:
        trajectories=every_instance("trajectory.h5"),
        code=code("nearest_neighbour.py"),
    output:
        experiment("tables/nearest_neighbour.csv"),
    params:
        categories=json.dumps(config["categories"]),
    log:
        experiment("logs/nearest_neighbour.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/nearest_neighbour.py"
        " --trajectories {input.trajectories:q}"
        " --categories {params.categories:q}"
        " --output {output:q}"
        " --log {log:q}"


rule figure_dimension:
    input:
        table=experiment("tables/dimension.csv"),
        code=code("figure_dimension.py"),
    output:
        shown_figure("dimension", "Dimension", ".txt"),
    log:
        experiment("logs/figure_dimension.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_dimension.py"
        " --table {input.table:q}"
        " --output {output:q}"
        " --log {log:q}"


rule figure_cka:
    input:
        table=experiment("tables/cka.csv"),
        code=code("figure_cka.py"),
    output:
        shown_figure("cka", "Dimension", ".txt"),
    log:
        experiment("logs/figure_cka.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_cka.py"
        " --table {input.table:q}"
        " --output {output:q}"
        " --log {log:q}"


rule figure_nearest_neighbour:
    input:
        table=experiment("tables/nearest_neighbour.csv"),
        code=code("figure_nearest_neighbour.py"),
    output:
        shown_figure("nearest_neighbour", "Categories and models", ".txt"),
    log:
        experiment("logs/figure_nearest_neighbour.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_nearest_neighbour.py"
        " --table {input.table:q}"
        " --output {output:q}"
        " --log {log:q}"


TABLES += [*rules.dimension.output, *rules.nearest_neighbour.output]
FIGURES += [
    *rules.figure_dimension.output,
    *rules.figure_cka.output,
    *rules.figure_nearest_neighbour.output,
]
