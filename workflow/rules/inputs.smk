"""What the input looked like: a few images at several epochs, in studies with a diet.

needs   <condition>/recipe.json, dataset.h5, stimuli.h5
makes   <condition>/inputs.h5, results/<experiment>/figures/inputs.{pdf,png,txt}
"""


# A published study brings what it may show.
rule inputs:
    wildcard_constraints:
        condition=one_of([] if config["published"] else trained_conditions()),
    input:
        recipe=lambda wildcards: [
            experiment(f"{name}/recipe.json") for name in some_epochs(wildcards)
        ],
        dataset=lambda wildcards: [
            ancient(path) for name in some_epochs(wildcards) for path in training_images([name])
        ],
        stimuli=experiment("stimuli.h5"),
        code=code("make_inputs.py"),
    output:
        experiment("{condition}/inputs.h5"),
    params:
        epochs=lambda wildcards: " ".join(
            flag("--epochs", epochs) for epochs in some_epochs(wildcards).values()
        ),
        seed=config["seeds"][0],
        diet=lambda wildcards: flag("--diet", shown_by_diet(*some_epochs(wildcards))),
    log:
        experiment("{condition}/logs/inputs.log"),
    conda:
        "../../envs/train.yaml"
    shell:
        "python workflow/scripts/make_inputs.py"
        " --recipe {input.recipe:q}"
        " --dataset {input.dataset:q}"
        " --stimuli {input.stimuli:q}"
        " {params.epochs}"
        " --seed {params.seed}"
        " --condition {wildcards.condition:q}"
        " {params.diet}"
        " --output {output:q}"
        " --log {log:q}"


rule figure_inputs:
    input:
        inputs=expand(experiment("{condition}/inputs.h5"), condition=trained_conditions()),
        code=code("draw_inputs.py"),
    output:
        experiment("figures/inputs.pdf"),
        shown(
            experiment("figures/inputs.png"),
            "report/inputs.rst",
            "Training",
            figure="inputs",
        ),
        experiment("figures/inputs.txt"),
    params:
        stamp=flag("--stamp", stamp(config)),
    log:
        experiment("logs/figure_inputs.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/draw_inputs.py"
        " --inputs {input.inputs:q}"
        " {params.stamp}"
        " --output {output:q}"
        " --log {log:q}"
