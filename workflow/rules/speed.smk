"""Speed: when layers have come how far to their final RDM, and change from epoch to epoch.

needs   <instance>/resamples.h5 of all instances
makes   results/<experiment>/tables/{speed,speed_summary,speed_progress,speed_change}.csv
        results/<experiment>/figures/speed.{pdf,png,txt}
"""


rule speed:
    input:
        resamples=every_instance("resamples.h5"),
        code=code("speed.py"),
    output:
        speed=experiment("tables/speed.csv"),
        summary=experiment("tables/speed_summary.csv"),
        progress=experiment("tables/speed_progress.csv"),
        change=experiment("tables/speed_change.csv"),
    params:
        confidence=config["statistics"]["confidence"],
    log:
        experiment("logs/speed.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/speed.py"
        " --resamples {input.resamples:q}"
        " --confidence {params.confidence}"
        " --output {output.speed:q}"
        " --summary {output.summary:q}"
        " --progress {output.progress:q}"
        " --change {output.change:q}"
        " --log {log:q}"


rule figure_speed:
    input:
        speed=experiment("tables/speed.csv"),
        summary=experiment("tables/speed_summary.csv"),
        progress=experiment("tables/speed_progress.csv"),
        change=experiment("tables/speed_change.csv"),
        code=code("figure_speed.py"),
    output:
        shown_figure("speed", "Speed and schedule", ".txt"),
    params:
        confidence=config["statistics"]["confidence"],
    log:
        experiment("logs/figure_speed.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_speed.py"
        " --speed {input.speed:q}"
        " --summary {input.summary:q}"
        " --progress {input.progress:q}"
        " --change {input.change:q}"
        " --confidence {params.confidence}"
        " --output {output:q}"
        " --log {log:q}"


TABLES += rules.speed.output
FIGURES += rules.figure_speed.output
