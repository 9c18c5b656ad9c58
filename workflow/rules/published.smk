"""What a published study does not bring: checksums of what is made of it here.

needs   <instance>/published.json: the checksums where it was trained; all results of the instance
makes   <instance>/checksums.json

It brings <condition>/recipe.json and <instance>/{trajectory.h5,history.csv,displacement.csv}, so that
no rule makes them, and no images.
"""


rule published_checksums:
    localrule: True
    input:
        published=instance("published.json"),
        files=instance_results,
        code=code("published_checksums.py"),
    output:
        instance("checksums.json"),
    params:
        experiment=config["experiment"],
    log:
        instance("logs/checksums.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/published_checksums.py"
        f" --run {shlex.quote(RESULTS)}/{{params.experiment:q}}"
        " --published {input.published:q}"
        " --files {input.files:q}"
        " --output {output:q}"
        " --log {log:q}"
