"""Checkpoints of the user's own: read in, one job a segment, in the place of training.

needs   <condition>/recipe.json, the files that `checkpoints` of the condition names
makes   <instance>/checkpoints/epochs-<start>-<stop>/
"""


rule import_checkpoints:
    wildcard_constraints:
        condition=one_of(imported_conditions()),
    input:
        recipe=experiment("{condition}/recipe.json"),
        files=segment_files,
        network=network_files,
        code=code("import_checkpoints.py"),
    output:
        directory(instance("checkpoints/epochs-{start}-{stop}")),
    params:
        epochs=segment_epochs,
        places=joined(places_in_files),
    log:
        instance("logs/import-{start}-{stop}.log"),
    benchmark:
        instance("benchmarks/import-{start}-{stop}.tsv")
    conda:
        "../../envs/import.yaml"
    shell:
        "python workflow/scripts/import_checkpoints.py"
        " --recipe {input.recipe:q}"
        " --files {input.files:q}"
        " --epochs {params.epochs}"
        " {params.places}"
        " --condition {wildcards.condition:q}"
        " --seed {wildcards.seed}"
        " --output {output:q}"
        " --log {log:q}"
