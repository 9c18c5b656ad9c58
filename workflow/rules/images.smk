"""Images: what the networks learn from, and what they are tested with.

needs   the packaged glyphs or the user's files, and the table of test images
makes   results/<experiment>/dataset.h5, results/<experiment>/stimuli.h5
"""


rule dataset:
    input:
        excluded=lambda wildcards: (
            given(config["stimuli"]["table"], compared=False) if excluded_files() else []
        ),
        code=code("pack_images.py"),
    output:
        experiment("dataset.h5"),
    params:
        images=config["images"],
        excluded=excluded_files(),
        path=lambda wildcards: flag("--path", config["images"]["path"]),
        size=lambda wildcards: flag("--size", config["images"]["stored_size"]),
        exclude_table=lambda wildcards, input: flag("--exclude-table", input.excluded),
    threads: packing_processes()
    resources:
        runtime=minutes(packing_size),
        mem_mb=megabytes(packing_size),
    log:
        experiment("logs/dataset.log"),
    benchmark:
        experiment("benchmarks/dataset.tsv")
    conda:
        "../../envs/images.yaml"
    shell:
        "python workflow/scripts/pack_images.py"
        " --source {params.images[source]:q}"
        " {params.path}"
        " --storage {params.images[storage]}"
        " --count {params.images[count]}"
        " {params.size}"
        " --seed {params.images[seed]}"
        " {params.exclude_table}"
        " --processes {threads}"
        " --output {output:q}"
        " --log {log:q}"


# The table is ancient and its list of files a parameter: a new category column changes no image.
rule stimuli:
    input:
        table=given(config["stimuli"]["table"], compared=False),
        images=stimulus_paths(),
        code=code("make_stimuli.py"),
    output:
        experiment("stimuli.h5"),
    params:
        folder=checks.stimulus_folder(config),
        size=config["image_size"],
        files=stimulus_files(),
    log:
        experiment("logs/stimuli.log"),
    benchmark:
        experiment("benchmarks/stimuli.tsv")
    conda:
        "../../envs/images.yaml"
    shell:
        "python workflow/scripts/make_stimuli.py"
        " --table {input.table:q}"
        " --folder {params.folder:q}"
        " --size {params.size}"
        " --output {output:q}"
        " --log {log:q}"
