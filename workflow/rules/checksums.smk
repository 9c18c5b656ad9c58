"""Checksums of the files of each network instance, and what it was trained with.

needs   <instance>/checkpoints/epochs-<start>-<stop>/, all results of the instance
makes   <instance>/checksums/epochs-<start>-<stop>.json, <instance>/checksums.json
"""


# Checkpoints are large, and read once, when they are new: the code is no input here.
rule segment_checksums:
    input:
        checkpoints=instance("checkpoints/epochs-{start}-{stop}"),
        state=segment_state,
    output:
        instance("checksums/epochs-{start}-{stop}.json"),
    params:
        experiment=config["experiment"],
        state=lambda wildcards, input: flag("--state", input.state),
    log:
        instance("logs/checksums-{start}-{stop}.log"),
    conda:
        "../../envs/train.yaml"
    shell:
        "python workflow/scripts/segment_checksums.py"
        f" --run {shlex.quote(RESULTS)}/{{params.experiment:q}}"
        " --checkpoints {input.checkpoints:q}"
        " {params.state}"
        " --output {output:q}"
        " --log {log:q}"


rule instance_checksums:
    input:
        segments=segments_of("checksums/epochs-{start}-{stop}.json"),
        files=instance_results,
        rdms=layers_and_segments_of("rdms/{layer}/epochs-{start}-{stop}.h5"),
        recipe=branch_recipe,
        code=code("instance_checksums.py"),
    output:
        instance("checksums.json"),
    params:
        experiment=config["experiment"],
        recipe=lambda wildcards, input: flag("--branch", input.recipe),
    log:
        instance("logs/checksums.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/instance_checksums.py"
        f" --run {shlex.quote(RESULTS)}/{{params.experiment:q}}"
        " --condition {wildcards.condition:q}"
        " --seed {wildcards.seed}"
        " --segments {input.segments:q}"
        " {params.recipe}"
        " --files {input.files:q} {input.rdms:q}"
        " --output {output:q}"
        " --log {log:q}"
