"""The report: everything to look at, in one page.

needs   all tables and figures, <instance>/trajectory.h5, stimuli.h5, provenance.json
makes   results/<experiment>/report.html
"""


rule report:
    input:
        stability=experiment("tables/stability.csv"),
        categories=experiment("tables/categories.csv"),
        histories=every_instance("history.csv", trained_conditions()),
        figure1=experiment("figures/figure1_stability.png"),
        figure2=experiment("figures/figure2_categories.png"),
        training=training_figure(),
        figures=captioned_figures("png"),
        captions=captioned_figures("txt"),
        claims=experiment("tables/claims.csv"),
        trajectories=every_instance("trajectory.h5"),
        path=experiment("tables/path.csv"),
        path_axes=experiment("tables/path_axes.csv"),
        stimuli=experiment("stimuli.h5"),
        dataset=training_images(),
        provenance=experiment("provenance.json"),
        template=own("workflow/report/report.html.jinja"),
        explorer=[
            own(f"workflow/report/explorer/{name}")
            for name in [
                "explorer.html.jinja",
                "explorer.css",
                "rdm.js",
                "charts.js",
                "explorer.js",
            ]
        ],
        code=code("report.py"),
    output:
        shown(
            experiment("report.html"), "report/report.rst", "The study in one page", page="report"
        ),
    params:
        config=lambda wildcards: report_config(),
        traits=json.dumps(traits.of_study(config)),
        histories=lambda wildcards, input: flag("--histories", input.histories),
        training=lambda wildcards, input: flag("--figure-training", input.training),
        figures=lambda wildcards, input: flag("--figures", input.figures),
        dataset=lambda wildcards, input: flag("--dataset", input.dataset),
    log:
        experiment("logs/report.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/report.py"
        " --config {params.config:q}"
        " --traits {params.traits:q}"
        " --stability {input.stability:q}"
        " --categories {input.categories:q}"
        " {params.histories}"
        " --figure1 {input.figure1:q}"
        " --figure2 {input.figure2:q}"
        " {params.training}"
        " {params.figures}"
        " --claims {input.claims:q}"
        " --trajectories {input.trajectories:q}"
        " --path {input.path:q}"
        " --path-axes {input.path_axes:q}"
        " --stimuli {input.stimuli:q}"
        " {params.dataset}"
        " --provenance {input.provenance:q}"
        " --template {input.template:q}"
        " --output {output:q}"
        " --log {log:q}"
