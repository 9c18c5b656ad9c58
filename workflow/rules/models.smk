"""Category models: how much of each RDM animacy, faces, bodies and being natural account for.

needs   <instance>/trajectory.h5 of all instances
makes   results/<experiment>/tables/models.csv
        results/<experiment>/figures/models.{pdf,png,txt}
"""


rule model_rdms:
    input:
        trajectories=every_instance("trajectory.h5"),
        code=code("model_rdms.py"),
    output:
        experiment("tables/models.csv"),
    params:
        models=json.dumps(config["models"]),
    log:
        experiment("logs/model_rdms.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/model_rdms.py"
        " --trajectories {input.trajectories:q}"
        " --models {params.models:q}"
        " --output {output:q}"
        " --log {log:q}"


rule figure_model_rdms:
    input:
        table=experiment("tables/models.csv"),
        code=code("figure_model_rdms.py"),
    output:
        shown_figure("models", "Categories and models", ".txt"),
    log:
        experiment("logs/figure_model_rdms.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/figure_model_rdms.py"
        " --table {input.table:q}"
        " --output {output:q}"
        " --log {log:q}"


TABLES += rules.model_rdms.output
FIGURES += rules.figure_model_rdms.output
