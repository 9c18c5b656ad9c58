"""RDMs: one file for each layer and segment, joined to the trajectory of the instance.

needs   <instance>/activations/<layer>/epochs-<start>-<stop>.h5, the table of test images
makes   <instance>/rdms/<layer>/epochs-<start>-<stop>.h5, <instance>/trajectory.h5
"""


rule rdm:
    input:
        activations=instance("activations/{layer}/epochs-{start}-{stop}.h5"),
        code=code("rdms.py"),
    output:
        instance("rdms/{layer}/epochs-{start}-{stop}.h5"),
    log:
        instance("logs/rdm-{layer}-{start}-{stop}.log"),
    benchmark:
        instance("benchmarks/rdm-{layer}-{start}-{stop}.tsv")
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/rdms.py"
        " --activations {input.activations:q}"
        " --output {output:q}"
        " --log {log:q}"


rule trajectory:
    input:
        rdms=layers_and_segments_of("rdms/{layer}/epochs-{start}-{stop}.h5"),
        table=given(config["stimuli"]["table"]),
        recipe=branch_recipe,
        code=code("merge_trajectory.py"),
    output:
        instance("trajectory.h5"),
    params:
        experiment=config["experiment"],
        recipe=lambda wildcards, input: flag("--branch", input.recipe),
    log:
        instance("logs/trajectory.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/merge_trajectory.py"
        " --rdms {input.rdms:q}"
        " --table {input.table:q}"
        " {params.recipe}"
        " --experiment {params.experiment:q}"
        " --condition {wildcards.condition:q}"
        " --seed {wildcards.seed}"
        " --output {output:q}"
        " --log {log:q}"
