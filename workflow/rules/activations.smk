"""Activations: the responses of layers to the test images, for all checkpoints of a segment.

needs   <instance>/checkpoints/epochs-<start>-<stop>/, stimuli.h5
        dataset.h5, unless checkpoints are imported and their statistics stay as they are
makes   <instance>/activations/<layer>/epochs-<start>-<stop>.h5 (temporary)

Each layer has a job of its own, so that a new one computes only itself, but for those that
`activations.together` puts into one.
"""

TOGETHER = layers.together(config)
ALONE = [name for name in layers.names(config) if name not in TOGETHER]


# The dataset is ancient, as in training: its settings are in the recipe.
for name, group in [("extract-{layer}", ["{layer}"]), ("extract_together", TOGETHER)]:
    if not group:
        continue

    rule:
        name:
            name.partition("-")[0]
        wildcard_constraints:
            layer=one_of(ALONE),
        input:
            recipe=experiment("{condition}/recipe.json"),
            checkpoints=instance("checkpoints/epochs-{start}-{stop}"),
            stimuli=network_stimuli,
            dataset=lambda wildcards: ancient(training_images([wildcards.condition])),
            network=network_files,
            code=code("extract.py"),
        output:
            [
                kept_if_asked(instance(f"activations/{layer}/epochs-{{start}}-{{stop}}.h5"))
                for layer in group
            ],
        params:
            epochs=segment_epochs,
            layers=extracted_layers(group),
            batchnorm=config["activations"]["batchnorm"],
            dataset=lambda wildcards, input: flag("--dataset", input.dataset),
            recalibration=config["activations"]["recalibration_images"],
            network=joined(network_words(group)),
            diet=lambda wildcards: flag("--diet", shown_by_diet(wildcards.condition)),
        threads: config["compute"]["threads"]
        resources:
            device=config["compute"]["device"],
            gres=gpu_request(1),
            runtime=minutes(extraction_size(group)),
            mem_mb=megabytes(extraction_size(group)),
        log:
            instance(f"logs/{name}-{{start}}-{{stop}}.log"),
        benchmark:
            instance(f"benchmarks/{name}-{{start}}-{{stop}}.tsv")
        conda:
            "../../envs/train.yaml"
        shell:
            "python workflow/scripts/extract.py"
            " --recipe {input.recipe:q}"
            " --checkpoints {input.checkpoints:q}"
            " --epochs {params.epochs}"
            " --stimuli {input.stimuli:q}"
            " --layer {params.layers:q}"
            " --batchnorm {params.batchnorm}"
            " {params.dataset}"
            " --recalibration-images {params.recalibration}"
            " {params.network}"
            " {params.diet}"
            " --condition {wildcards.condition:q}"
            " --seed {wildcards.seed}"
            " --output {output:q}"
            " --device {resources.device:q}"
            " --threads {threads}"
            " --log {log:q}"
