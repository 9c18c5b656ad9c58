"""What is kept of outputs, against indices written out by hand; and what cannot be kept."""

from types import SimpleNamespace

import pytest
import torch

from trajectories.errors import UserError
from trajectories.networks.readout import Readout, Tokens

PATCHES, REGISTERS, CHANNELS = 9, 4, 5
OF = Tokens(prefix=1 + REGISTERS, class_token=True, patches=PATCHES)
OUTPUT = torch.arange(2 * (1 + REGISTERS + PATCHES) * CHANNELS).float().view(2, -1, CHANNELS)
CLASS, MEAN = OUTPUT[:, 0], sum(OUTPUT[:, index] for index in range(5, 14)) / 9


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ("all", OUTPUT),
        ("cls", CLASS),
        ("mean", MEAN),
        ("patches", OUTPUT[:, 5:]),
        ("cls+mean", torch.stack([torch.cat(pair) for pair in zip(CLASS, MEAN, strict=True)])),
    ],
)
def test_tokens(tokens: str, expected: torch.Tensor) -> None:
    readout = Readout(tokens=tokens, of=OF)
    found = readout("blocks.0", OUTPUT)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    assert readout.shape("blocks.0", tuple(OUTPUT.shape[1:])) == tuple(found.shape[1:])


@pytest.mark.parametrize("side", [3, 4])
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("maps", ["all", "mean", "centre"])
def test_feature_maps(side: int, channels_last: bool, maps: str) -> None:
    output = torch.randn(2, 5, side, side, generator=torch.Generator().manual_seed(1))
    expected = {
        "mean": output.flatten(2).sum(dim=2) / side**2,
        "centre": output[:, :, side // 2, side // 2],
    }
    given = output.permute(0, 2, 3, 1) if channels_last else output
    readout = Readout(maps=maps)
    found = readout("layer1", given)
    torch.testing.assert_close(found, expected.get(maps, given))
    assert readout.shape("layer1", tuple(given.shape[1:])) == tuple(found.shape[1:])


def test_each_readout_leaves_other_outputs_alone() -> None:
    vector, maps = torch.randn(2, 5), torch.randn(2, 5, 3, 3)
    readout = Readout(tokens="cls", of=OF)
    assert readout("norm", vector) is vector
    assert readout("conv", maps) is maps
    assert Readout(maps="mean")("blocks.0", OUTPUT) is OUTPUT


def test_a_layer_before_the_class_token_has_patches_alone() -> None:
    patches = OUTPUT[:, 5:]
    assert torch.equal(Readout(tokens="patches", of=OF)("patch_embed", patches), patches)
    with pytest.raises(UserError, match="patch_embed has no class token: write mean"):
        Readout(tokens="cls+mean", of=OF)("patch_embed", patches)


@pytest.mark.parametrize(
    ("of", "tokens", "count", "said"),
    [
        (Tokens(), "mean", 14, "does not say how many.*num_prefix_tokens"),
        (Tokens(5, True, None), "mean", 14, "does not say how many"),
        (Tokens(4, False, 9), "cls", 13, "has no class token"),
        (OF, "mean", 7, "the 7 tokens of the layer x are not 5 and those of 9 patches"),
    ],
)
def test_tokens_are_never_guessed(of: Tokens, tokens: str, count: int, said: str) -> None:
    readout = Readout(tokens=tokens, of=of)
    with pytest.raises(UserError, match=f"activations.tokens. is.*{said}"):
        readout("x", torch.zeros(2, count, 5))
    with pytest.raises(UserError, match=f"activations.tokens. is.*{said}"):
        readout.shape("x", (count, 5))


@pytest.mark.parametrize(
    ("shape", "said"),
    [((4, 4, 4), "does not tell channels from positions"), ((2, 3, 4), "is no square map")],
)
def test_channels_are_never_guessed(shape: tuple[int, int, int], said: str) -> None:
    with pytest.raises(UserError, match=rf"activations.maps. is not all.*{said}: write all"):
        Readout(maps="mean").shape("x", shape)


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ({"class_token": 1, "image_size": 32, "patch_size": 8}, Tokens(1, True, 16)),
        (
            {"num_prefix_tokens": 5, "cls_token": 1, "patch_embed": SimpleNamespace(num_patches=9)},
            Tokens(5, True, 9),
        ),
        ({"num_prefix_tokens": 4, "cls_token": None, "num_patches": 9}, Tokens(4, False, 9)),
        ({"num_prefix_tokens": 0, "num_patches": 9}, Tokens(0, False, 9)),
        ({"fc": 1}, Tokens()),
    ],
)
def test_what_networks_say_of_their_tokens(network: dict[str, object], expected: Tokens) -> None:
    assert Tokens.of(SimpleNamespace(**network)) == expected


def test_the_tokens_of_torchvisions_and_of_timms_networks() -> None:
    import torchvision

    with torch.device("meta"):
        assert Tokens.of(torchvision.models.vit_b_32()) == Tokens(1, True, 49)
        assert Tokens.of(torchvision.models.swin_t()) == Tokens()
    timm = pytest.importorskip("timm", reason="timm, which is optional, is not installed")
    with torch.device("meta"):
        registers = timm.create_model("vit_small_patch14_reg4_dinov2", img_size=28)
        assert Tokens.of(registers) == Tokens(5, True, 4)
        assert Tokens.of(timm.create_model("deit_tiny_distilled_patch16_224")).prefix == 2
