"""The report says what was run, and what it does not show, as the study has it."""

from report_cases import beside, caveats, facts, study


def test_caveats_follow_the_study():
    usual = " ".join(caveats(study()))
    assert "no evidence about brains" in usual
    assert "over 2 network instances" in usual
    assert "71%" in usual  # 1 / sqrt(2)
    assert "artefacts" not in usual
    assert "artefacts" in " ".join(caveats(study(batchnorm="running")))
    without = study(batchnorm="running")
    without.config["network"].update(architecture="alexnet")
    assert "artefacts" not in " ".join(caveats(without))
    alone = " ".join(caveats(study(seeds=(1,))))
    assert "nothing is known about variation" in alone


def test_networks_without_batch_normalisation_are_told():
    assert facts(study())["Batch normalisation"] == "recalibrated statistics"
    mixed = beside({})
    mixed.config["conditions"]["other"]["network"] = {"architecture": "alexnet"}
    told = facts(mixed)["Batch normalisation"]
    assert told == "recalibrated statistics; other has none"
    alone = study()
    alone.config["network"].update(architecture="alexnet")
    assert facts(alone)["Batch normalisation"] == "none in these networks"


def test_caveats_name_the_conditions_whose_learning_rate_falls():
    falls = "the learning rate falls along a cosine"
    alone, alike, control = (
        " ".join(caveats(each))
        for each in (
            study(),
            beside({"temperature": 0.1}),
            beside({"schedule_epochs": 1_000_000}),
        )
    )
    assert "T" + falls[1:] in alone
    assert "T" + falls[1:] in alike
    assert f"In moco {falls}" in control
    assert "In other it is constant." in control
    constant = study()
    constant.config["training"]["schedule_epochs"] = 1_000_000
    assert "cosine" not in " ".join(caveats(constant))


def test_caveats_name_the_conditions_that_were_taught():
    said = "The networks of other were taught the classes of their training images."
    assert said in " ".join(caveats(beside({"objective": "supervised"})))
    for objective in ("moco", "vicreg", "shuffled_labels"):
        assert "taught" not in " ".join(caveats(beside({"objective": objective})))


def test_it_says_from_where_a_condition_goes_on():
    about = beside({"temperature": 0.1})
    about.config["conditions"]["other"]["from"] = {"condition": "moco", "epoch": 3}
    told = facts(about)["Conditions"]
    assert told == "moco, other (from epoch 3 of moco, training.temperature: 0.1)"


def test_it_says_what_each_condition_learns_from_where_images_differ():
    assert "Training images" not in facts(study())
    about = study()
    about.config["conditions"]["few"] = dict(about.config["conditions"]["moco"])
    about.config["conditions"]["few"]["images"] = {"count": 512}
    told = facts(about)
    assert told["Training images"] == "moco: 5,376 images (openmoji); few: 512 images (openmoji)"
    assert "epochs on the images of each condition, 32 × 32 pixels" in told["Training"]
    about.config["images"] = None
    photographs = {"source": "cifar10", "path": "pictures", "count": 512, "stored_size": 32}
    for name in about.config["conditions"]:
        about.config["conditions"][name]["images"] = photographs
    assert facts(about)["Training images"].startswith("moco: 512 images (cifar10 in pictures); few")


def test_it_says_what_a_condition_changes():
    changes = {"temperature": 0.1, "augmentation": {"blur": {"probability": 0}}}
    told = facts(beside(changes))["Conditions"]
    assert told == (
        "moco, other (training.temperature: 0.1, training.augmentation.blur.probability: 0)"
    )


def test_it_says_what_networks_were_fed():
    blur = {"change": "blur", "at": [[0, [4, 8]], [3, {"odds": [[0, 0.5], [2, 0.5]]}]]}
    grey = {"change": "saturation", "at": [[0, 0]], "share": 0.5}
    told = facts(beside({"diet": {"changes": [blur, grey], "order": "constant_first"}}))
    assert told["Conditions"] == (
        "moco, other (diet: blur 4–8 → 0–2; saturation 0 in 50% of images, constant first)"
    )
    assert facts(beside({"diet": None}))["Conditions"] == "moco, other (diet: none)"
    about = study()
    assert "Diet" not in facts(about)
    curve = {"change": "blur", "at": "dvd_acuity"}
    about.config["training"]["diet"] = {"changes": [curve], "order": "forward"}
    assert facts(about)["Diet"] == "blur dvd_acuity"


def test_it_says_by_what_networks_learned_where_that_is_not_the_papers():
    about = study()
    assert facts(about)["Training"].endswith("pixels")
    about.config["training"]["objective"] = "simclr"
    assert facts(about)["Training"].endswith("pixels, by SimCLR")
