"""A movie of the RDMs over training, where it is asked for: the target `movie`.

needs   <instance>/trajectory.h5
makes   results/<experiment>/movies/rdms.gif
"""


rule movie_rdms:
    input:
        trajectories=every_instance("trajectory.h5"),
        code=code("movie_rdms.py"),
    output:
        shown(
            experiment("movies/rdms.gif"),
            "scripts/trajectories/analyses/movie/caption.rst",
            "Geometry of trajectories",
            movie="rdms",
        ),
    params:
        stamp=flag("--stamp", stamp(config)),
        time=json.dumps(config["time"]),
    log:
        experiment("logs/movie_rdms.log"),
    conda:
        "../../envs/analysis.yaml"
    shell:
        "python workflow/scripts/movie_rdms.py"
        " --trajectories {input.trajectories:q}"
        " {params.stamp}"
        " --time {params.time:q}"
        " --output {output:q}"
        " --log {log:q}"
