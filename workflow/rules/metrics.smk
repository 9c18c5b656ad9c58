"""Metrics: of one network instance, then of all.

needs   <instance>/trajectory.h5
makes   <instance>/stability.csv, <instance>/categories.csv
        results/<experiment>/tables/{stability,categories}{,_summary}.csv
"""


rule stability:
    input:
        trajectory=instance("trajectory.h5"),
        code=code("stability.py"),
    output:
        instance("stability.csv"),
    params:
        measure=config["metrics"]["similarity"],
    log:
        instance("logs/stability.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/stability.py"
        " --trajectory {input.trajectory:q}"
        " --measure {params.measure}"
        " --output {output:q}"
        " --log {log:q}"


rule categories:
    input:
        trajectory=instance("trajectory.h5"),
        code=code("categories.py"),
    output:
        instance("categories.csv"),
    params:
        categories=json.dumps(config["categories"]),
    log:
        instance("logs/categories.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/categories.py"
        " --trajectory {input.trajectory:q}"
        " --categories {params.categories:q}"
        " --output {output:q}"
        " --log {log:q}"


rule aggregate:
    input:
        tables=every_instance("{{metric}}.csv"),
        code=code("aggregate.py"),
    output:
        table=experiment("tables/{metric}.csv"),
        summary=shown(
            experiment("tables/{metric}_summary.csv"),
            "report/summary.rst",
            "Tables",
            table="{metric}",
        ),
    log:
        experiment("logs/aggregate-{metric}.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/aggregate.py"
        " --tables {input.tables:q}"
        " --output {output.table:q}"
        " --summary {output.summary:q}"
        " --log {log:q}"
