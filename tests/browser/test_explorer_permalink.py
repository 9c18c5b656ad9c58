"""The explorer's view is in the page's address, and comes back from there; the page is a file."""

import time
from urllib.parse import parse_qs, urlencode

import pytest
from explorer_cases import HOSTILE, N_IMAGES, ORDER
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.support.select import Select
from visitor import Explorer, opened, shown_pair


def fragment(browser: Chrome) -> str:
    return str(browser.execute_script("return location.hash"))


def view(explorer: Explorer) -> dict[str, list[str]]:
    """What the address says, once it says something."""
    explorer.until(lambda: "?" in fragment(explorer.browser))
    return parse_qs(fragment(explorer.browser).split("?", 1)[1])


def checked(explorer: Explorer) -> dict[str, str]:
    """The labels of all choices that the address keeps."""
    labels = {
        each.get_attribute("name").removeprefix("explorer-"): explorer.browser.execute_script(
            "return arguments[0].closest('label').textContent", each
        )
        for each in explorer.parts("input[type=radio]:checked")
    }
    return {name: labels[name] for name in DEFAULT}


def seen(explorer: Explorer) -> tuple[object, ...]:
    """All that a permalink keeps, and what the RDMs show."""
    pixels = [explorer.pixels(place).tobytes() for place in range(len(explorer.parts(".matrix")))]
    pinned = "Pinned" in explorer.part(".pinning span").get_attribute("textContent")
    return checked(explorer), explorer.epoch, shown_pair(explorer), pinned, pixels


def anew(browser: Chrome, report, hash: str) -> Explorer:
    browser.get("about:blank")
    browser.get(report.as_uri() + hash)
    explorer = Explorer(browser)
    explorer.until(lambda: explorer.slider.is_displayed())
    return explorer


DEFAULT = {
    "condition": "moco", "network": "mean of all", "other": "none",
    "scale": "same for all layers", "order": "by category", "time": "logarithmic",
}  # fmt: skip


def test_nothing_is_written_before_something_is_chosen(browser, report) -> None:
    explorer = opened(browser, report)
    explorer.part(".play").send_keys(Keys.TAB)
    assert fragment(browser) == ""
    assert checked(explorer) == DEFAULT


def test_the_whole_view_comes_back(browser, report) -> None:
    explorer = opened(browser, report)
    explorer.choose("network", 2)
    explorer.choose("other", 1)
    explorer.choose("scale", 2)
    explorer.choose("order", 1)
    explorer.choose("order", 2)
    explorer.choose("time", 0)
    matrix = explorer.parts(".matrix")[0]
    browser.execute_script("arguments[0].focus()", matrix)
    # The pair with the hostile name.
    matrix.send_keys(Keys.ARROW_RIGHT)
    while HOSTILE not in shown_pair(explorer)[0]:
        matrix.send_keys(Keys.ARROW_RIGHT)
    matrix.send_keys(Keys.ENTER, Keys.PAGE_DOWN)
    explorer.slider.send_keys(Keys.ARROW_LEFT)
    explorer.until(lambda: view(explorer).get("epoch") == ["2"] and "pair" in view(explorer))
    told = view(explorer)
    assert (told["condition"], told["network"], told["compare"]) == (["moco"], ["2"], ["own"])
    assert (told["colours"], told["epoch"]) == (["rank"], ["2"])
    assert HOSTILE in told["pair"]
    before, hash = seen(explorer), fragment(browser)
    again = anew(browser, report, hash)
    assert seen(again) == before
    assert checked(again)["order"] == "by hand"
    assert before[3]
    assert fragment(browser) == hash
    assert again.logged() == []


@pytest.mark.parametrize(("network", "epoch"), [("seed 2", "the same"), ("the same", "1")])
def test_a_comparison_within_a_condition_comes_back(browser, report, network, epoch) -> None:
    explorer = opened(browser, report)
    explorer.choose("network", 1)
    explorer.choose("other", 2)
    for what, label in (("network", network), ("epoch", epoch)):
        Select(explorer.part(f"select[name=explorer-beside-{what}]")).select_by_visible_text(label)
    titles = [each.text for each in explorer.parts(".rdm h3")]
    held = {"compare_network": ["2"]} if network == "seed 2" else {"compare_epoch": ["1"]}
    explorer.until(
        lambda: {key: told for key, told in view(explorer).items() if "compare_" in key} == held
    )
    again = anew(browser, report, fragment(browser))
    assert [each.text for each in again.parts(".rdm h3")] == titles
    assert len(titles) == 6


def test_playing_is_written_where_it_stops(browser, report) -> None:
    explorer = opened(browser, report)
    explorer.slider.send_keys(Keys.SPACE)
    explorer.until(lambda: explorer.part(".play").get_attribute("aria-label") == "Play")
    explorer.until(lambda: view(explorer)["epoch"] == ["3"])


def test_a_link_within_the_page_is_not_written_over(browser, report) -> None:
    explorer = opened(browser, report)
    # In one script, so that it is followed before the view is written.
    browser.execute_script(
        "document.querySelector('#explorer input[name=explorer-scale][value=\"1\"]').click();"
        "document.querySelector('nav a[href=\"#caveats\"]').click();"
    )
    time.sleep(0.6)
    assert fragment(browser) == "#caveats"
    explorer.slider.send_keys(Keys.ARROW_LEFT)
    assert view(explorer)["epoch"] == ["2"]


def test_letting_a_pair_go_takes_it_out_of_the_address(browser, report) -> None:
    explorer = opened(browser, report)
    matrix = explorer.part(".matrix")
    browser.execute_script("arguments[0].focus()", matrix)
    matrix.send_keys(Keys.ARROW_RIGHT, Keys.ENTER)
    explorer.until(lambda: "pair" in view(explorer))
    matrix.send_keys(Keys.ESCAPE)
    explorer.until(lambda: "pair" not in view(explorer))


def test_an_address_that_is_edited_is_taken_up(browser, report) -> None:
    explorer = opened(browser, report)
    browser.execute_script("location.hash = '#explorer?condition=own&epoch=1.9&order=clusters'")
    explorer.until(lambda: explorer.epoch == "epoch 2")
    expected = {"condition": "own", "network": "seed 1", "order": "by clustering"}
    assert checked(explorer) == DEFAULT | expected
    assert browser.execute_script(
        "return Math.abs(document.querySelector('#explorer').getBoundingClientRect().top)"
    ) < 60  # fmt: skip
    # A place of the page is none of the explorer's.
    browser.execute_script("location.hash = '#caveats'")
    explorer.until(lambda: fragment(browser) == "#caveats")
    assert checked(explorer) == DEFAULT | expected


@pytest.mark.parametrize(
    "bad",
    [
        "#",
        "#explorer",
        "#nowhere",
        "#explorer?",
        "#explorer?%%%&&&===",
        "#explorer?condition=none&network=99&compare=moco2&epoch=now&colours=toString&order=x",
        "#explorer?condition=__proto__&colours=constructor&order=toString",
        "#explorer?pair=image+1",
        "#explorer?pair=image+1&pair=nobody",
        "#explorer?pair=image+1&pair=image+2&pair=image+3",
        "#explorer?order=0.1.2",
        "#explorer?order=" + ".".join(["0"] * N_IMAGES),
        "#explorer?epoch=Infinity&network=&compare=",
        "#explorer?compare=moco",
        "#explorer?compare=moco&compare_network=99&compare_epoch=now",
    ],
)
def test_a_bad_address_is_passed_over(browser, report, bad) -> None:
    browser.get_log("browser")
    explorer = anew(browser, report, bad)
    assert checked(explorer) == DEFAULT
    assert explorer.epoch == "epoch 3"
    assert explorer.part(".hint").is_displayed()
    assert explorer.logged() == []


def test_a_condition_is_not_compared_with_itself(browser, report) -> None:
    explorer = anew(browser, report, "#explorer?condition=own&compare=own")
    assert checked(explorer) == DEFAULT | {"condition": "own", "network": "seed 1"}


def test_a_pair_and_an_order_are_taken_by_name_and_place(browser, report, planted) -> None:
    images = [2, 0, 1, *range(3, N_IMAGES)]
    names = [planted.stimulus[image] for image in (ORDER[5], ORDER[1])]
    told = urlencode({"order": ".".join(map(str, images)), "pair": names}, doseq=True)
    explorer = anew(browser, report, f"#explorer?{told}")
    assert shown_pair(explorer)[0] == names
    assert checked(explorer)["order"] == "by hand"
    matrix = explorer.part(".matrix")
    browser.execute_script("arguments[0].focus()", matrix)
    matrix.send_keys(Keys.HOME)
    assert shown_pair(explorer)[0] == [names[0], planted.stimulus[ORDER[2]]]
