"""The schedule's share: RDM change per epoch, per unit of learning rate and of weight displacement.

needs   <instance>/checkpoints/epochs-<start>-<stop>/, <instance>/resamples.h5 of all instances
        <instance>/history.csv of conditions that are trained
makes   <instance>/displacement.csv
        results/<experiment>/tables/{schedule,schedule_summary}.csv
        results/<experiment>/figures/schedule.{pdf,png,txt}
"""


# Weights are compared across the borders of segments, two checkpoints at a time.
rule displacement:
    input:
        recipe=experiment("{condition}/recipe.json"),
        checkpoints=segments_of("checkpoints/epochs-{start}-{stop}"),
        code=code("displacement.py"),
    output:
        instance("displacement.csv"),
    params:
        instance_epochs=instance_epochs,
        layers=config["activations"]["layers"],
    log:
        instance("logs/displacement.log"),
    benchmark:
        instance("benchmarks/displacement.tsv")
    conda:
        "../../envs/train.yaml"
    shell:
        "python workflow/scripts/displacement.py"
        " --recipe {input.recipe:q}"
        " --checkpoints {input.checkpoints:q}"
        " --epochs {params.instance_epochs}"
        " --layers {params.layers:q}"
        " --condition {wildcards.condition:q}"
        " --seed {wildcards.seed}"
        " --output {output:q}"
        " --log {log:q}"


rule schedule:
    input:
        resamples=every_instance("resamples.h5"),
        displacements=every_instance("displacement.csv"),
        histories=every_instance("history.csv", trained_conditions()),
        code=code("schedule.py"),
    output:
        table=experiment("tables/schedule.csv"),
        summary=experiment("tables/schedule_summary.csv"),
    params:
        histories=lambda wildcards, input: flag("--histories", input.histories),
        confidence=config["statistics"]["confidence"],
    log:
        experiment("logs/schedule.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/schedule.py"
        " --resamples {input.resamples:q}"
        " --displacements {input.displacements:q}"
        " {params.histories}"
        " --confidence {params.confidence}"
        " --output {output.table:q}"
        " --summary {output.summary:q}"
        " --log {log:q}"


rule figure_schedule:
    input:
        table=experiment("tables/schedule.csv"),
        summary=experiment("tables/schedule_summary.csv"),
        code=code("figure_schedule.py"),
    output:
        shown_figure("schedule", "Speed and schedule", ".txt"),
    params:
        confidence=config["statistics"]["confidence"],
    log:
        experiment("logs/figure_schedule.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_schedule.py"
        " --table {input.table:q}"
        " --summary {input.summary:q}"
        " --confidence {params.confidence}"
        " --output {output:q}"
        " --log {log:q}"


TABLES += rules.schedule.output
FIGURES += rules.figure_schedule.output
