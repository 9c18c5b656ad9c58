"""Images: what the networks learn from, and what they are tested with.

needs   the packaged glyphs or the user's files, and the table of test images
makes   results/<experiment>/dataset.h5, results/<experiment>/stimuli.h5
        results/<experiment>/held-out.h5, if it is measured how well networks see
        results/<experiment>/stimuli-<size>-<part>-<interpolation>.h5 of networks with their own
        results/<experiment>/dataset-<digest>.h5, held-out-<digest>.h5 of conditions with images of
        their own
"""


# Each set of images once: conditions with images of their own have a file of another name.
rule dataset:
    wildcard_constraints:
        packed="|-[0-9a-f]{8}",
    input:
        excluded=lambda wildcards: (
            given(config["stimuli"]["table"], compared=False)
            if excluded_files(images_packed(wildcards))
            else []
        ),
        code=code("pack_images.py"),
    output:
        experiment("dataset{packed}.h5"),
    params:
        images=lambda wildcards: images_packed(wildcards),
        excluded=lambda wildcards: excluded_files(images_packed(wildcards)),
        path=lambda wildcards: flag("--path", images_packed(wildcards)["path"]),
        size=lambda wildcards: flag("--size", images_packed(wildcards)["stored_size"]),
        exclude_table=lambda wildcards, input: flag("--exclude-table", input.excluded),
    threads: packing_processes
    resources:
        runtime=minutes(packing_size),
        mem_mb=megabytes(packing_size),
    log:
        experiment("logs/dataset{packed}.log"),
    benchmark:
        experiment("benchmarks/dataset{packed}.tsv")
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


# Images of the same classes that are not learnt from.
rule held_out:
    wildcard_constraints:
        packed="|-[0-9a-f]{8}",
    input:
        excluded=lambda wildcards: (
            given(config["stimuli"]["table"], compared=False)
            if excluded_files(images_packed(wildcards))
            else []
        ),
        code=code("pack_images.py"),
    output:
        experiment("held-out{packed}.h5"),
    params:
        images=lambda wildcards: images_packed(wildcards),
        most=lambda wildcards: config["knn"]["images"],
        path=lambda wildcards: flag(
            "--path", config["knn"]["folder"] or images_packed(wildcards)["path"]
        ),
        size=lambda wildcards: images_packed(wildcards)["stored_size"] or config["image_size"],
        exclude_table=lambda wildcards, input: flag("--exclude-table", input.excluded),
    log:
        experiment("logs/held-out{packed}.log"),
    benchmark:
        experiment("benchmarks/held-out{packed}.tsv")
    conda:
        "../../envs/images.yaml"
    shell:
        "python workflow/scripts/pack_images.py"
        " --held-out"
        " --source {params.images[source]:q}"
        " {params.path}"
        " --count {params.most}"
        " --size {params.size}"
        " --seed {params.images[seed]}"
        " {params.exclude_table}"
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


# For networks whose preprocessing is another: their own files of the same pictures, which say that
# they are these.
rule network_stimuli:
    wildcard_constraints:
        size=r"\d+",
        part=r"whole|of-\d+",
        interpolation=r"[a-z]+",
    input:
        table=given(config["stimuli"]["table"], compared=False),
        images=stimulus_paths(),
        study=experiment("stimuli.h5"),
        code=code("make_stimuli.py"),
    output:
        experiment("stimuli-{size}-{part}-{interpolation}.h5"),
    params:
        folder=checks.stimulus_folder(config),
        files=stimulus_files(),
        resize=lambda wildcards: flag("--resize", wildcards.part.partition("-")[2] or None),
    log:
        experiment("logs/stimuli-{size}-{part}-{interpolation}.log"),
    benchmark:
        experiment("benchmarks/stimuli-{size}-{part}-{interpolation}.tsv")
    conda:
        "../../envs/images.yaml"
    shell:
        "python workflow/scripts/make_stimuli.py"
        " --table {input.table:q}"
        " --folder {params.folder:q}"
        " --study {input.study:q}"
        " --size {wildcards.size:q}"
        " {params.resize}"
        " --interpolation {wildcards.interpolation:q}"
        " --output {output:q}"
        " --log {log:q}"
