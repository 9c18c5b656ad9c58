"""Provenance: with what a run was made, from what, and the checksums of its files.

needs   all inputs and results of the run, <instance>/checksums.json
makes   results/<experiment>/checksums/{dataset,held-out,stimuli,stimuli-…}.json
        results/<experiment>/provenance.json
"""


# Images are large, and read once, when they are new: the code is no input here.
rule image_checksums:
    wildcard_constraints:
        images=r"dataset(-[0-9a-f]{8})?|held-out(-[0-9a-f]{8})?|stimuli(-[\w-]+)?",
    input:
        experiment("{images}.h5"),
    output:
        experiment("checksums/{images}.json"),
    params:
        experiment=config["experiment"],
    log:
        experiment("logs/checksums-{images}.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/image_checksums.py"
        f" --run {shlex.quote(RESULTS)}/{{params.experiment:q}}"
        " --files {input:q}"
        " --output {output:q}"
        " --log {log:q}"


rule provenance:
    input:
        images=image_checksums(),
        recipes=expand(experiment("{condition}/recipe.json"), condition=config["conditions"]),
        instances=every_instance("checksums.json"),
        tables=study_tables(),
        figures=study_figures(),
        table=given(config["stimuli"]["table"]),
        code=code("write_provenance.py"),
    output:
        shown(
            experiment("provenance.json"), "report/provenance.rst", "Provenance", file="provenance"
        ),
    params:
        experiment=config["experiment"],
        config=lambda wildcards: report_config(),
        settings=lambda wildcards: recipes_json(),
    resources:
        # A newer Snakemake alone has made nothing anew.
        snakemake=version("snakemake"),
    log:
        experiment("logs/provenance.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/write_provenance.py"
        f" --run {shlex.quote(RESULTS)}/{{params.experiment:q}}"
        " --config {params.config:q}"
        " --snakemake {resources.snakemake:q}"
        " --image-checksums {input.images:q}"
        " --settings {params.settings:q}"
        " --recipes {input.recipes:q}"
        " --instance-checksums {input.instances:q}"
        " --results {input.tables:q} {input.figures:q}"
        " --stimulus-table {input.table:q}"
        " --output {output:q}"
        " --log {log:q}"
