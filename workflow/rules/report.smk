"""The report: everything to look at, in one page.

needs   all tables and figures, <instance>/trajectory.h5, stimuli.h5, provenance.json
makes   results/<experiment>/report.html
"""

from trajectories.report.explorer import page as explorer_page


rule report:
    input:
        tables=[path for path in study_tables() if path.endswith(".csv")],
        histories=every_instance("history.csv", trained_conditions()),
        figure1=experiment("figures/figure1_stability.png"),
        figure2=experiment("figures/figure2_categories.png"),
        training=training_figure(),
        figures=input_figure("png") + captioned_figures("png"),
        captions=input_figure("txt") + captioned_figures("txt"),
        trajectories=every_instance("trajectory.h5"),
        stimuli=packed_stimuli()[:1],
        dataset=training_images(),
        provenance=experiment("provenance.json"),
        template=own("workflow/report/report.html.jinja"),
        style=own("workflow/report/report.css"),
        explorer=[own(f"workflow/report/explorer/{name}") for name in explorer_page.FILES],
        code=code(
            "report.py",
            *(analysis_file(name, "findings.py") for name in planned() if ANALYSES[name].findings),
        ),
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
        " --tables {input.tables:q}"
        " {params.histories}"
        " --figure1 {input.figure1:q}"
        " --figure2 {input.figure2:q}"
        " {params.training}"
        " {params.figures}"
        " --trajectories {input.trajectories:q}"
        " --stimuli {input.stimuli:q}"
        " {params.dataset}"
        " --provenance {input.provenance:q}"
        " --template {input.template:q}"
        " --output {output:q}"
        " --log {log:q}"
