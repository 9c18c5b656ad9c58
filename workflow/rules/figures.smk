"""Figures of the paper, and of training.

needs   tables/*_summary.csv; <instance>/history.csv of conditions that are trained
makes   results/<experiment>/figures/{figure1_stability,figure2_categories,training}.{pdf,png}
"""


rule figure1_stability:
    input:
        summary=experiment("tables/stability_summary.csv"),
        code=code("figure1_stability.py"),
    output:
        shown_figure("figure1_stability", "Figures of the paper"),
    params:
        measure=config["metrics"]["similarity"],
        first_epoch=config["figures"]["first_epoch"],
        layout=figure_layout("stability"),
    log:
        experiment("logs/figure1_stability.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure1_stability.py"
        " --summary {input.summary:q}"
        " --measure {params.measure}"
        " --first-epoch {params.first_epoch}"
        " {params.layout}"
        " --output {output:q}"
        " --log {log:q}"


rule figure2_categories:
    input:
        summary=experiment("tables/categories_summary.csv"),
        code=code("figure2_categories.py"),
    output:
        shown_figure("figure2_categories", "Figures of the paper"),
    params:
        first_epoch=config["figures"]["first_epoch"],
        layout=figure_layout("categories"),
    log:
        experiment("logs/figure2_categories.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure2_categories.py"
        " --summary {input.summary:q}"
        " --first-epoch {params.first_epoch}"
        " {params.layout}"
        " --output {output:q}"
        " --log {log:q}"


rule figure_training:
    input:
        histories=every_instance("history.csv", trained_conditions()),
        code=code("figure_training.py"),
    output:
        shown_figure("training", "Training"),
    log:
        experiment("logs/figure_training.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_training.py"
        " --histories {input.histories:q}"
        " --output {output:q}"
        " --log {log:q}"


FIGURES += [
    *rules.figure1_stability.output,
    *rules.figure2_categories.output,
    *training_figure("pdf", "png"),
]
