"""Figures and report.

needs   tables/*_summary.csv, provenance.json; <instance>/history.csv of conditions that are trained
makes   results/<experiment>/figures/*.{pdf,png}, results/<experiment>/report.html
"""


rule figure1_stability:
    input:
        summary=experiment("tables/stability_summary.csv"),
        code=code("figure1_stability.py"),
    output:
        multiext(experiment("figures/figure1_stability"), ".pdf", ".png"),
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
        multiext(experiment("figures/figure2_categories"), ".pdf", ".png"),
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
        multiext(experiment("figures/training"), ".pdf", ".png"),
    log:
        experiment("logs/figure_training.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_training.py"
        " --histories {input.histories:q}"
        " --output {output:q}"
        " --log {log:q}"


rule report:
    input:
        stability=experiment("tables/stability.csv"),
        categories=experiment("tables/categories.csv"),
        histories=every_instance("history.csv", trained_conditions()),
        figure1=experiment("figures/figure1_stability.png"),
        figure2=experiment("figures/figure2_categories.png"),
        training=training_figure("png"),
        stimuli=experiment("stimuli.h5"),
        dataset=training_images(),
        provenance=experiment("provenance.json"),
        template="workflow/report/report.html.jinja",
        code=code("report.py"),
    output:
        experiment("report.html"),
    params:
        config=lambda wildcards: report_config(),
        histories=lambda wildcards, input: flag("--histories", input.histories),
        training=lambda wildcards, input: flag("--figure-training", input.training),
        dataset=lambda wildcards, input: flag("--dataset", input.dataset),
    log:
        experiment("logs/report.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/report.py"
        " --config {params.config:q}"
        " --stability {input.stability:q}"
        " --categories {input.categories:q}"
        " {params.histories}"
        " --figure1 {input.figure1:q}"
        " --figure2 {input.figure2:q}"
        " {params.training}"
        " --stimuli {input.stimuli:q}"
        " {params.dataset}"
        " --provenance {input.provenance:q}"
        " --template {input.template:q}"
        " --output {output:q}"
        " --log {log:q}"
