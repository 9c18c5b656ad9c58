"""Training: one job for each segment of each network instance.

needs   results/<experiment>/dataset.h5
makes   <condition>/recipe.json
        <instance>/checkpoints/epochs-<start>-<stop>/, <instance>/state/epochs-<start>-<stop>.pt
        <instance>/knn.csv, if it is measured how well networks see
        <instance>/history.csv
"""


# No code among its inputs: a recipe that is written again, though the same, would train again.
rule recipe:
    localrule: True
    output:
        experiment("{condition}/recipe.json"),
    params:
        settings=lambda wildcards: recipe_json(wildcards.condition),
    log:
        experiment("{condition}/logs/recipe.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/write_recipe.py"
        " --settings {params.settings:q}"
        " --output {output:q}"
        " --log {log:q}"


# The code is no input, not even an ancient one, as a module more would be another set of inputs;
# images and the state before are ancient, and the recipe where nothing in it is new: neither an
# edit to the code nor a new date retrains. A change of any setting does, through the recipe; so
# does `-R train`. Whether a segment was made from that state and these images is compared.
rule train:
    wildcard_constraints:
        condition=one_of(conditions_to_train()),
    input:
        recipe=recipe_of_segment,
        dataset=images_of_segment,
        previous_state=lambda wildcards: not_compared(previous_state(wildcards), wildcards),
    output:
        checkpoints=directory(instance("checkpoints/epochs-{start}-{stop}")),
        state=instance("state/epochs-{start}-{stop}.pt"),
    params:
        previous_state=lambda wildcards, input: flag("--previous-state", input.previous_state),
        unfinished=str(placed(instance("unfinished"))),
    threads: training_threads()
    resources:
        # With the number of GPUs: a flag more in the command would train finished studies anew.
        device=training_device(),
        gres=gpu_request(config["compute"]["gpus_per_seed"]),
        workers=config["compute"]["workers"],
        cpus_per_task=training_threads() + config["compute"]["workers"],
        runtime=minutes(training_size),
        mem_mb=megabytes(training_size),
    log:
        instance("logs/train-{start}-{stop}.log"),
    benchmark:
        instance("benchmarks/train-{start}-{stop}.tsv")
    conda:
        "../../envs/train.yaml"
    shell:
        "python workflow/scripts/train.py"
        " --recipe {input.recipe:q}"
        " --dataset {input.dataset:q}"
        " --condition {wildcards.condition:q}"
        " --seed {wildcards.seed}"
        " --start {wildcards.start}"
        " --stop {wildcards.stop}"
        " {params.previous_state}"
        " --checkpoints {output.checkpoints:q}"
        " --state {output.state:q}"
        " --unfinished {params.unfinished:q}"
        " --device {resources.device:q}"
        " --threads {threads}"
        " --workers {resources.workers}"
        " --log {log:q}"


# How well a network sees at a few epochs. The images are ancient, as in training.
rule knn:
    wildcard_constraints:
        condition=one_of(trained_conditions()),
    input:
        recipe=experiment("{condition}/recipe.json"),
        checkpoints=segments_of("checkpoints/epochs-{start}-{stop}"),
        dataset=lambda wildcards: ancient(training_images([wildcards.condition])),
        held_out=lambda wildcards: held_out_images([wildcards.condition]),
        code=code("knn.py"),
    output:
        instance("knn.csv"),
    params:
        epochs=knn_epochs,
        k=lambda wildcards: config["knn"]["k"],
        temperature=lambda wildcards: config["knn"]["temperature"],
        batchnorm=config["activations"]["batchnorm"],
        recalibration=config["activations"]["recalibration_images"],
    threads: config["compute"]["threads"]
    resources:
        device=config["compute"]["device"],
        gres=gpu_request(1),
        runtime=minutes(neighbours_size),
        mem_mb=megabytes(neighbours_size),
    log:
        instance("logs/knn.log"),
    benchmark:
        instance("benchmarks/knn.tsv")
    conda:
        "../../envs/train.yaml"
    shell:
        "python workflow/scripts/knn.py"
        " --recipe {input.recipe:q}"
        " --checkpoints {input.checkpoints:q}"
        " --epochs {params.epochs}"
        " --dataset {input.dataset:q}"
        " --held-out {input.held_out:q}"
        " --k {params.k}"
        " --temperature {params.temperature}"
        " --batchnorm {params.batchnorm}"
        " --recalibration-images {params.recalibration}"
        " --seed {wildcards.seed}"
        " --output {output:q}"
        " --device {resources.device:q}"
        " --threads {threads}"
        " --log {log:q}"


# This rule runs once Snakemake knows all segments to be done: only now their work can go.
rule history:
    localrule: True
    wildcard_constraints:
        condition=one_of(trained_conditions()),
    input:
        checkpoints=segments_of("checkpoints/epochs-{start}-{stop}"),
        knn=lambda wildcards: instance("knn.csv") if config["knn"] else [],
        code=code("merge_history.py"),
    output:
        instance("history.csv"),
    params:
        unfinished=str(placed(instance("unfinished"))),
        knn=lambda wildcards, input: flag("--knn", input.knn),
    log:
        instance("logs/history.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/merge_history.py"
        " --checkpoints {input.checkpoints:q}"
        " --unfinished {params.unfinished:q}"
        " {params.knn}"
        " --output {output:q}"
        " --log {log:q}"
