"""Emergence: an index of each category over learning, and when it is half-way.

needs   <instance>/resamples.h5 of all instances
makes   results/<experiment>/tables/{emergence,latencies,latency_differences}.csv
        results/<experiment>/figures/emergence.{pdf,png,txt}
"""


rule emergence:
    input:
        resamples=every_instance("resamples.h5"),
        code=code("emergence.py"),
    output:
        table=experiment("tables/emergence.csv"),
        latencies=experiment("tables/latencies.csv"),
        differences=experiment("tables/latency_differences.csv"),
    params:
        confidence=config["statistics"]["confidence"],
        time=config["statistics"]["margins"]["time"],
    log:
        experiment("logs/emergence.log"),
    benchmark:
        experiment("benchmarks/emergence.tsv")
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/emergence.py"
        " --resamples {input.resamples:q}"
        " --confidence {params.confidence}"
        " --margin-time {params.time}"
        " --output {output.table:q}"
        " --latencies {output.latencies:q}"
        " --differences {output.differences:q}"
        " --log {log:q}"


rule figure_emergence:
    input:
        table=experiment("tables/emergence.csv"),
        latencies=experiment("tables/latencies.csv"),
        differences=experiment("tables/latency_differences.csv"),
        code=code("figure_emergence.py"),
    output:
        shown_figure("emergence", "Categories and models", ".txt"),
    params:
        confidence=config["statistics"]["confidence"],
    log:
        experiment("logs/figure_emergence.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_emergence.py"
        " --table {input.table:q}"
        " --latencies {input.latencies:q}"
        " --differences {input.differences:q}"
        " --confidence {params.confidence}"
        " --output {output:q}"
        " --log {log:q}"


TABLES += rules.emergence.output
FIGURES += rules.figure_emergence.output
