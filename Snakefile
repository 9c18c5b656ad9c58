"""Learning trajectories: train, extract, compare, summarise, draw.

The stages are the files of workflow/rules/, the settings are config/README.md, and the
targets below name the places where a run can end.
"""

from snakemake.utils import min_version

min_version("9.27")

if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


# What Snakemake's own report (--report) says first.
report: "workflow/report/workflow.rst"


include: "workflow/rules/location.smk"
include: "workflow/rules/dates.smk"
include: "workflow/rules/scheduling.smk"
include: "workflow/rules/slurm.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/commands.smk"
include: "workflow/rules/image_files.smk"
include: "workflow/rules/segments.smk"
include: "workflow/rules/checks.smk"
include: "workflow/rules/declared.smk"


config = checked(config)


include: "workflow/rules/resources.smk"
include: "workflow/rules/told.smk"


# Of a published study, networks are given, and the images may not be here.
if config["published"]:

    include: "workflow/rules/published.smk"

else:

    include: "workflow/rules/images.smk"
    include: "workflow/rules/train.smk"
    include: "workflow/rules/checkpoints.smk"
    include: "workflow/rules/activations.smk"
    include: "workflow/rules/rdms.smk"
    include: "workflow/rules/displacement.smk"
    include: "workflow/rules/checksums.smk"


include: "workflow/rules/inputs.smk"
include: "workflow/rules/metrics.smk"
include: "workflow/rules/statistics.smk"
include: "workflow/rules/references.smk"
include: "workflow/rules/analyses.smk"
include: "workflow/rules/movie.smk"
include: "workflow/rules/provenance.smk"
include: "workflow/rules/report.smk"


# Not in a dry run: a study may be planned where neither its images nor room for it are.
before_first_job(
    refuse_running_jobs,
    remove_leftovers,
    require_room,
    require_training_images,
    require_same_training,
    require_same_images,
    tell_work,
)
after_success(say_what_was_found)
after_failure(say_that_nothing_is_lost, say_that_it_failed)


rule images:
    localrule: True
    input:
        training_images(),
        experiment("stimuli.h5"),


rule checkpoints:
    localrule: True
    input:
        every_segment("checkpoints/epochs-{start}-{stop}"),
        every_instance("history.csv", trained_conditions()),


rule rdms:
    localrule: True
    input:
        every_instance("trajectory.h5"),


rule metrics:
    localrule: True
    input:
        study_tables(),


rule figures:
    localrule: True
    input:
        study_figures(),


rule movie:
    localrule: True
    input:
        rules.movie_rdms.output,


rule all:
    default_target: True
    localrule: True
    input:
        rules.figures.input,
        rules.metrics.input,
        rules.checkpoints.input,
        rules.report.output,
