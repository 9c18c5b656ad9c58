"""Similarity to RDMs of brains or behaviour, where the configuration names some.

needs   <instance>/trajectory.h5, the files of the references, the table of test images
makes   <instance>/references.csv, <instance>/reference_subjects.csv
        results/<experiment>/tables/{references,reference_subjects}{,_summary}.csv (by `aggregate`)
        results/<experiment>/tables/reference_ceilings.csv
"""


rule references:
    input:
        trajectory=instance("trajectory.h5"),
        files=reference_files(),
        code=code("references.py"),
    output:
        table=instance("references.csv"),
        subjects=instance("reference_subjects.csv"),
    params:
        references=references_json(),
        measure=config["metrics"]["similarity"],
    log:
        instance("logs/references.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/references.py"
        " --trajectory {input.trajectory:q}"
        " --references {params.references:q}"
        " --measure {params.measure}"
        " --output {output.table:q}"
        " --subjects {output.subjects:q}"
        " --log {log:q}"


# The table is ancient and its names a parameter: a new category column changes no ceiling.
rule reference_ceilings:
    input:
        table=given(config["stimuli"]["table"], compared=False),
        files=reference_files(),
        code=code("reference_ceilings.py"),
    output:
        shown(
            experiment("tables/reference_ceilings.csv"),
            "scripts/trajectories/analyses/references/caption_ceilings.rst",
            "Brains and behaviour",
            table="reference_ceilings",
        ),
    params:
        references=references_json(),
        measure=config["metrics"]["similarity"],
        stimuli=list(stimulus_table().stimulus),
    log:
        experiment("logs/reference_ceilings.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/reference_ceilings.py"
        " --table {input.table:q}"
        " --references {params.references:q}"
        " --measure {params.measure}"
        " --output {output:q}"
        " --log {log:q}"
