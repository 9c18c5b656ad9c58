"""What analyses of all instances need of each beside its trajectory.

needs   <instance>/trajectory.h5
makes   <instance>/resamples.h5
"""


rule resample:
    input:
        trajectory=instance("trajectory.h5"),
        code=code("resample.py"),
    output:
        instance("resamples.h5"),
    params:
        categories=json.dumps(config["categories"]),
        measure=config["metrics"]["similarity"],
        resamples=config["statistics"]["resamples"],
        seed=config["statistics"]["seed"],
    log:
        instance("logs/resample.log"),
    benchmark:
        instance("benchmarks/resample.tsv")
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/resample.py"
        " --trajectory {input.trajectory:q}"
        " --categories {params.categories:q}"
        " --measure {params.measure}"
        " --resamples {params.resamples}"
        " --seed {params.seed}"
        " --output {output:q}"
        " --log {log:q}"
