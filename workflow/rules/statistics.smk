"""What analyses of all instances need of each beside its trajectory.

needs   <instance>/trajectory.h5; <instance>/checkpoints/epochs-<start>-<stop>/
makes   <instance>/resamples.h5, <instance>/displacement.csv
"""


rule resample:
    input:
        trajectory=instance("trajectory.h5"),
        code=code("resample.py"),
    output:
        instance("resamples.h5"),
    params:
        categories=json.dumps(config["categories"]),
        measure=config["metrics"]["similarity"],
        resamples=config["statistics"]["resamples"],
        seed=config["statistics"]["seed"],
    log:
        instance("logs/resample.log"),
    benchmark:
        instance("benchmarks/resample.tsv")
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/resample.py"
        " --trajectory {input.trajectory:q}"
        " --categories {params.categories:q}"
        " --measure {params.measure}"
        " --resamples {params.resamples}"
        " --seed {params.seed}"
        " --output {output:q}"
        " --log {log:q}"


# Weights are compared across the borders of segments, two checkpoints at a time.
rule displacement:
    input:
        recipe=experiment("{condition}/recipe.json"),
        checkpoints=segments_of("checkpoints/epochs-{start}-{stop}"),
        network=network_files,
        code=code("displacement.py"),
    output:
        instance("displacement.csv"),
    params:
        instance_epochs=instance_epochs,
        layers=layers.names(config),
        modules=lambda wildcards: flag("--modules", layer_modules(wildcards)),
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
        " {params.modules}"
        " --condition {wildcards.condition:q}"
        " --seed {wildcards.seed}"
        " --output {output:q}"
        " --log {log:q}"
