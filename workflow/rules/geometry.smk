"""Geometry: how similar all states are to each other, and their path through one space.

needs   <instance>/trajectory.h5 of all instances
makes   results/<experiment>/geometry.h5
        results/<experiment>/tables/{checkpoint_similarity,to_final,path,path_axes}.csv
        results/<experiment>/figures/{checkpoint_similarity,to_final,path}.{pdf,png,txt}
"""


rule geometry:
    input:
        trajectories=every_instance("trajectory.h5"),
        code=code("geometry.py"),
    output:
        states=experiment("geometry.h5"),
        similarity=experiment("tables/checkpoint_similarity.csv"),
        to_final=experiment("tables/to_final.csv"),
        path=experiment("tables/path.csv"),
        path_axes=experiment("tables/path_axes.csv"),
    log:
        experiment("logs/geometry.log"),
    benchmark:
        experiment("benchmarks/geometry.tsv")
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/geometry.py"
        " --trajectories {input.trajectories:q}"
        " --output {output.states:q}"
        " --similarity {output.similarity:q}"
        " --to-final {output.to_final:q}"
        " --path {output.path:q}"
        " --path-axes {output.path_axes:q}"
        " --log {log:q}"


rule figure_path:
    input:
        path=experiment("tables/path.csv"),
        path_axes=experiment("tables/path_axes.csv"),
        code=code("figure_path.py"),
    output:
        shown_figure("path", "Geometry of trajectories", ".txt"),
    log:
        experiment("logs/figure_path.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_path.py"
        " --path {input.path:q}"
        " --path-axes {input.path_axes:q}"
        " --output {output:q}"
        " --log {log:q}"


rule figure_to_final:
    input:
        table=experiment("tables/to_final.csv"),
        code=code("figure_to_final.py"),
    output:
        shown_figure("to_final", "Geometry of trajectories", ".txt"),
    log:
        experiment("logs/figure_to_final.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_to_final.py"
        " --table {input.table:q}"
        " --output {output:q}"
        " --log {log:q}"


rule figure_checkpoint_similarity:
    input:
        table=experiment("tables/checkpoint_similarity.csv"),
        code=code("figure_checkpoint_similarity.py"),
    output:
        shown_figure("checkpoint_similarity", "Geometry of trajectories", ".txt"),
    log:
        experiment("logs/figure_checkpoint_similarity.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_checkpoint_similarity.py"
        " --table {input.table:q}"
        " --output {output:q}"
        " --log {log:q}"


TABLES += rules.geometry.output
FIGURES += [
    *rules.figure_checkpoint_similarity.output,
    *rules.figure_to_final.output,
    *rules.figure_path.output,
]
