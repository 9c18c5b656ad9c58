"""The figure of training: each instance, their mean, and chance."""

import numpy as np
import pytest
from figure_cases import assert_nothing_is_cut_off, history, lines

from trajectories.analyses.diagnostics import figure as figure_training
from trajectories.errors import UserError
from trajectories.plotting import figure_data
from trajectories.storage.files import write_checksum


def test_training_draws_each_instance_their_mean_and_chance():
    figure = figure_training.draw(history())
    loss = lines(figure.axes[0])
    np.testing.assert_array_equal(loss["moco seed 1"].get_ydata(), [6, 5, 4])
    np.testing.assert_array_equal(loss["moco seed 2"].get_ydata(), [6, 5, 5])
    np.testing.assert_array_equal(loss["moco mean"].get_ydata(), [6, 5, 4.5])
    assert loss["chance"].get_ydata()[0] == pytest.approx(np.log(129))
    assert lines(figure.axes[1])["chance"].get_ydata()[0] == pytest.approx(1 / 64)
    assert_nothing_is_cut_off(figure)


def test_training_leaves_out_what_was_not_measured():
    titles = [axes.get_title() for axes in figure_training.draw(history(knn=False)).axes]
    assert len(titles) == 2
    assert not any("neighbour" in title for title in titles)
    assert "neighbour" not in figure_training.caption(history(knn=False))
    assert "ln(K + 1)" in figure_training.caption(history())
    mixed = history(("moco", "simclr"))
    mixed.loc[mixed["condition"] == "simclr", "queue_filled"] = np.nan
    assert "ln(K + 1)" not in figure_training.caption(mixed)
    empty = history().assign(loss=np.nan, view_top1=np.nan, embedding_sd=np.nan)
    with pytest.raises(UserError, match="no values"):
        figure_training.draw(empty.assign(knn_top1=np.nan))


def test_training_shows_losses_of_different_sizes_as_shares_of_chance():
    mixed = history(("moco", "vicreg"))
    other = mixed["condition"] == "vicreg"
    mixed.loc[other, "chance_loss"] = 0.99
    mixed.loc[other, "loss"] /= 10
    mixed.loc[other, "queue_filled"] = np.nan
    loss = figure_training.draw(mixed).axes[0]
    assert loss.get_title() == "Loss / chance"
    found = lines(loss)
    np.testing.assert_allclose(found["moco mean"].get_ydata(), np.array([6, 5, 4.5]) / np.log(129))
    np.testing.assert_allclose(found["vicreg mean"].get_ydata(), np.array([0.6, 0.5, 0.65]) / 0.99)
    assert found["chance"].get_ydata()[0] == 1
    assert figure_training.caption(mixed).startswith("Training diagnostics over epochs (loss / cha")
    mixed["chance_loss"] = np.where(other, np.log(65), np.log(129))  # another queue
    assert figure_training.draw(mixed).axes[0].get_title() == "Loss (nats)"


def test_training_shows_what_one_objective_measures():
    plain = history()
    assert not any("Classes" in axes.get_title() for axes in figure_training.draw(plain).axes)
    supervised = plain.assign(class_top1=[np.nan, 0.1, 0.2, 0.3] * 2, class_chance=0.05)
    (axes,) = [a for a in figure_training.draw(supervised).axes if "Classes" in a.get_title()]
    np.testing.assert_allclose(lines(axes)["moco mean"].get_ydata(), [0.1, 0.2, 0.3])
    assert lines(axes)["chance"].get_ydata()[0] == 0.05
    assert "class is named correctly" in figure_training.caption(supervised)
    vicreg = plain.assign(invariance=0.1)
    assert figure_training.draw(vicreg).axes[0].get_title() == "Loss"
    assert "all images are the same" in figure_training.caption(vicreg)


def test_held_out_images_have_points_where_they_were_measured():
    plain = history()
    assert not any("Held-out" in axes.get_title() for axes in figure_training.draw(plain).axes)
    measured = plain.assign(
        weighted_knn=[0.3, np.nan, np.nan, 0.6, 0.2, np.nan, np.nan, 0.5], weighted_knn_chance=0.1
    )
    (axes,) = [a for a in figure_training.draw(measured).axes if "Held-out" in a.get_title()]
    mean = lines(axes)["moco mean"]
    assert mean.get_xdata().tolist() == [0, 3]
    np.testing.assert_allclose(mean.get_ydata(), [0.25, 0.55])
    assert mean.get_marker() == "."
    assert lines(axes)["chance"].get_ydata()[0] == 0.1
    assert "held out from training" in figure_training.caption(measured)
    assert_nothing_is_cut_off(figure_training.draw(measured))


def test_histories_take_condition_and_seed_from_their_folders(tmp_path):
    header = (
        "epoch,step,loss,chance_loss,contrastive_top1,embedding_sd,queue_filled,view_top1,"
        "view_chance,knn_top1,knn_chance,learning_rate,images_per_second\n"
    )
    paths = [tmp_path / "blurred" / f"seed-{seed}" / "history.csv" for seed in (3, 12)]
    for path in paths:
        path.parent.mkdir(parents=True)
        path.write_text(header + "0,0,,4.8,,0.9,0,0.3,0.1,0.1,0.05,,\n")
        write_checksum(path)
    read = figure_data.read_histories(paths)
    assert list(read["condition"]) == ["blurred", "blurred"]
    assert list(read["seed"]) == [3, 12]

    elsewhere = tmp_path / "history.csv"
    elsewhere.write_text(header)
    with pytest.raises(UserError, match=r"seed-<seed>"):
        figure_data.read_histories([elsewhere])
    paths[0].write_text(header)
    write_checksum(paths[0])
    with pytest.raises(UserError, match="no row"):
        figure_data.read_histories(paths)
    paths[0].write_text("epoch,loss\n1,2\n")
    write_checksum(paths[0])
    with pytest.raises(UserError, match="no column 'step'"):
        figure_data.read_histories(paths)
