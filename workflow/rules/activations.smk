"""Activations: the responses of one layer to the test images, for all checkpoints of a segment.

needs   <instance>/checkpoints/epochs-<start>-<stop>/, stimuli.h5
        dataset.h5, unless checkpoints are imported and their statistics stay as they are
makes   <instance>/activations/<layer>/epochs-<start>-<stop>.h5 (temporary)
"""


# The dataset is ancient, as in training: its settings are in the recipe.
rule extract:
    input:
        recipe=experiment("{condition}/recipe.json"),
        checkpoints=instance("checkpoints/epochs-{start}-{stop}"),
        stimuli=experiment("stimuli.h5"),
        dataset=lambda wildcards: ancient(training_images([wildcards.condition])),
        code=code("extract.py"),
    output:
        kept_if_asked(instance("activations/{layer}/epochs-{start}-{stop}.h5")),
    params:
        epochs=segment_epochs,
        batchnorm=config["activations"]["batchnorm"],
        dataset=lambda wildcards, input: flag("--dataset", input.dataset),
        recalibration=config["activations"]["recalibration_images"],
    threads: config["compute"]["threads"]
    resources:
        device=config["compute"]["device"],
        gres=gpu_request(1),
        runtime=minutes(extraction_size),
        mem_mb=megabytes(extraction_size),
    log:
        instance("logs/extract-{layer}-{start}-{stop}.log"),
    benchmark:
        instance("benchmarks/extract-{layer}-{start}-{stop}.tsv")
    conda:
        "../../envs/train.yaml"
    shell:
        "python workflow/scripts/extract.py"
        " --recipe {input.recipe:q}"
        " --checkpoints {input.checkpoints:q}"
        " --epochs {params.epochs}"
        " --stimuli {input.stimuli:q}"
        " --layer {wildcards.layer:q}"
        " --batchnorm {params.batchnorm}"
        " {params.dataset}"
        " --recalibration-images {params.recalibration}"
        " --condition {wildcards.condition:q}"
        " --seed {wildcards.seed}"
        " --output {output:q}"
        " --device {resources.device:q}"
        " --threads {threads}"
        " --log {log:q}"
