"""How far the weights of each layer have moved.

needs   <condition>/recipe.json, <instance>/checkpoints/epochs-<start>-<stop>/
makes   <instance>/displacement.csv
"""


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
