"""Analyses: tables of all instances, and figures of these, as each declares them.

needs   <instance>/{trajectory,resamples}.h5, displacement.csv, history.csv; <condition>/recipe.json
makes   results/<experiment>/tables/<table>.csv, results/<experiment>/figures/<figure>.{pdf,png,txt}

The declarations are `ANALYSIS` of each package in trajectories/analyses/; the rule of the tables is
named as the package.
"""

for name, analysis in ANALYSES.items():
    if analysis.reads:

        rule:
            name:
                name
            input:
                **read_by(analysis),
                code=code("make_tables.py", analysis_file(name, "table.py")),
            output:
                shown_tables(name),
            params:
                analysis=name,
                reads=flags_of(*analysis.reads),
                settings=settings_json(analysis),
            log:
                experiment(f"logs/{name}.log"),
            benchmark:
                experiment(f"benchmarks/{name}.tsv")
            conda:
                "../../envs/analysis.yaml"
            shell:
                "python workflow/scripts/make_tables.py {params.analysis:q}"
                " {params.reads}"
                " --settings {params.settings:q}"
                " --output {output:q}"
                " --log {log:q}"

    for picture, figure in analysis.figures.items():

        rule:
            name:
                figure.rule or f"figure_{picture}"
            input:
                **read_by(figure),
                tables=[experiment(f"tables/{table}.csv") for table in figure.tables],
                code=code("draw.py", analysis_file(name, f"{figure.module}.py")),
            output:
                shown_figure(name, picture),
            params:
                analysis=name,
                figure=picture,
                reads=stamped(flags_of("tables", *figure.reads)),
                settings=settings_json(figure),
                time=json.dumps(config["time"]),
                labels=json.dumps(config["labels"]),
            log:
                experiment(f"logs/{figure.rule or f'figure_{picture}'}.log"),
            conda:
                "../../envs/analysis.yaml"
            shell:
                "python workflow/scripts/draw.py {params.analysis:q} {params.figure:q}"
                " {params.reads}"
                " --settings {params.settings:q}"
                " --time {params.time:q}"
                " --labels {params.labels:q}"
                " --output {output:q}"
                " --log {log:q}"
