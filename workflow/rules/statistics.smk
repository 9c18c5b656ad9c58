"""Statistics: curves for resampled test images, intervals over instances and images, tests.

needs   <instance>/trajectory.h5; <instance>/history.csv of conditions that are trained
makes   <instance>/resamples.h5
        results/<experiment>/tables/{category_effects,layer_differences,claims}.csv
        results/<experiment>/figures/{category_effects,layer_differences}.{pdf,png,txt}
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


rule category_effects:
    input:
        trajectories=every_instance("trajectory.h5"),
        resamples=every_instance("resamples.h5"),
        code=code("category_effects.py"),
    output:
        experiment("tables/category_effects.csv"),
    params:
        categories=json.dumps(config["categories"]),
        confidence=config["statistics"]["confidence"],
        permutations=config["statistics"]["resamples"],
        seed=config["statistics"]["seed"],
    log:
        experiment("logs/category_effects.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/category_effects.py"
        " --trajectories {input.trajectories:q}"
        " --resamples {input.resamples:q}"
        " --categories {params.categories:q}"
        " --confidence {params.confidence}"
        " --permutations {params.permutations}"
        " --seed {params.seed}"
        " --output {output:q}"
        " --log {log:q}"


rule layer_differences:
    input:
        resamples=every_instance("resamples.h5"),
        code=code("layer_differences.py"),
    output:
        experiment("tables/layer_differences.csv"),
    params:
        confidence=config["statistics"]["confidence"],
    log:
        experiment("logs/layer_differences.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/layer_differences.py"
        " --resamples {input.resamples:q}"
        " --confidence {params.confidence}"
        " --output {output:q}"
        " --log {log:q}"


rule claims:
    input:
        resamples=every_instance("resamples.h5"),
        histories=every_instance("history.csv", trained_conditions()),
        code=code("claims.py"),
    output:
        table=shown(experiment("tables/claims.csv"), "claims", "Tests and claims", table="claims"),
        json=experiment("tables/claims.json"),
    params:
        histories=lambda wildcards, input: flag("--histories", input.histories),
        confidence=config["statistics"]["confidence"],
        dissimilarity=config["statistics"]["margins"]["dissimilarity"],
        time=config["statistics"]["margins"]["time"],
        factor=config["statistics"]["margins"]["factor"],
    log:
        experiment("logs/claims.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/claims.py"
        " --resamples {input.resamples:q}"
        " {params.histories}"
        " --confidence {params.confidence}"
        " --margin-dissimilarity {params.dissimilarity}"
        " --margin-time {params.time}"
        " --margin-factor {params.factor}"
        " --output {output.table:q}"
        " --json {output.json:q}"
        " --log {log:q}"


rule figure_category_effects:
    input:
        table=experiment("tables/category_effects.csv"),
        code=code("figure_category_effects.py"),
    output:
        shown_figure("category_effects", "Tests and claims", ".txt"),
    params:
        confidence=config["statistics"]["confidence"],
    log:
        experiment("logs/figure_category_effects.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_category_effects.py"
        " --table {input.table:q}"
        " --confidence {params.confidence}"
        " --output {output:q}"
        " --log {log:q}"


rule figure_layer_differences:
    input:
        table=experiment("tables/layer_differences.csv"),
        code=code("figure_layer_differences.py"),
    output:
        shown_figure("layer_differences", "Tests and claims", ".txt"),
    params:
        confidence=config["statistics"]["confidence"],
    log:
        experiment("logs/figure_layer_differences.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_layer_differences.py"
        " --table {input.table:q}"
        " --confidence {params.confidence}"
        " --output {output:q}"
        " --log {log:q}"


TABLES += [*rules.category_effects.output, *rules.claims.output]
FIGURES += rules.figure_category_effects.output
# A single layer differs from no other.
if len(config["activations"]["layers"]) > 1:
    TABLES += rules.layer_differences.output
    FIGURES += rules.figure_layer_differences.output
