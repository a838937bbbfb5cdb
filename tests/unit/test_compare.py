"""Two campaigns side by side: published examples, false alarms, power, and the command."""

import io
import json
import math
from importlib.resources import files
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console
from sample_campaign import campaign_of, fail, sample_campaign, sample_columns
from scipy import stats

from farside.campaign.compare import compare
from farside.campaign.differences import Difference, differences_of
from farside.campaign.page import write_comparison_page
from farside.campaign.statistics import StatisticsError
from farside.campaign.statistics.change import paired_change, unpaired_change
from farside.campaign.statistics.shift import paired_shift, unpaired_shift
from farside.cli.campaign_tables import comparison_table


def test_paired_bounds_are_newcombes():
    """Newcombe (Stat. Med. 17, 2635, 1998), table II, method 10."""
    found = paired_change(36, 12, 2, 0)
    assert -found.estimate == pytest.approx(0.2, abs=1e-12)
    assert (-found.high, -found.low) == pytest.approx((0.0569, 0.3404), abs=1e-4)


def test_unpaired_bounds_are_newcombes():
    """Newcombe (Stat. Med. 17, 873, 1998), 56/70 less 48/80, method 10."""
    found = unpaired_change((48, 80), (56, 70))
    assert found.estimate == pytest.approx(0.2, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_mcnemar_is_the_sign_test():
    assert paired_change(80, 2, 10, 8).p == pytest.approx(stats.binomtest(2, 12).pvalue)
    assert paired_change(80, 0, 0, 0).p == 1.0


def test_the_shift_is_the_median_of_means_of_two():
    """All means of two listed; bounds by the rank that the signed-rank statistic leaves."""
    off = np.random.default_rng(5).normal(0.3, 1.0, 40)
    found = paired_shift(off)
    i, j = np.triu_indices(40)
    means = np.sort(0.5 * (off[i] + off[j]))
    assert found.estimate == pytest.approx(np.median(means), abs=1e-12)
    assert np.abs(means - found.low).min() < 1e-12 and np.abs(means - found.high).min() < 1e-12
    assert found.low < found.estimate < found.high
    twin = stats.wilcoxon(off, method="asymptotic", correction=True).pvalue
    assert found.p == pytest.approx(twin, rel=1e-6)


def test_the_unpaired_shift_is_the_median_of_differences():
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=30), rng.normal(0.5, 1.0, 45)
    found = unpaired_shift(a, b)
    assert found.estimate == pytest.approx(np.median(b[:, None] - a), abs=1e-12)
    assert found.p == pytest.approx(stats.mannwhitneyu(a, b, method="asymptotic").pvalue, rel=1e-6)


@pytest.mark.slow
def test_bounds_cover_the_true_shift():
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(1000):
        found = paired_shift(rng.laplace(0.2, 1.0, 50))
        hits += found.low <= 0.2 <= found.high
    assert hits >= 950 - 3.0 * math.sqrt(1000 * 0.95 * 0.05)


@pytest.mark.slow
def test_a_change_of_nothing_is_seldom_called_one():
    alarms = 0
    for seed in range(60):
        found = compare(sample_campaign(64, 2 * seed), sample_campaign(64, 2 * seed + 1))
        alarms += any(each.significant for each in found.outcomes)
    # 5 % of 60, and three standard errors
    assert alarms <= 3 + 3.0 * math.sqrt(3.0)


def test_the_same_campaign_twice():
    found = compare(sample_campaign(100), sample_campaign(100))
    assert found.paired and not found.lost and not found.gained
    assert "success unchanged" in found.verdict
    assert all(each.shift.estimate == 0.0 and not each.significant for each in found.outcomes)


def test_kilograms_saved_are_seen_and_said():
    before, after = sample_columns(200), sample_columns(200)
    after["propellant_kg"] = (
        before["propellant_kg"] - 4.0 + np.random.default_rng(1).normal(0.0, 1.0, 200)
    )
    fail(before, 17, "crashed", touchdown_vertical_speed_mps=-20.0)
    found = compare(campaign_of(before), campaign_of(after))
    spent = next(each for each in found.outcomes if each.name == "propellant")
    assert spent.significant and spent.shift.low < -4.0 < spent.shift.high
    assert found.verdict.startswith("B saves 4.")
    (gained,) = found.gained
    assert gained.run == 17 and gained.a and not gained.b
    json.dumps(found.to_dict(), allow_nan=False)


def test_other_seeds_are_not_pairs():
    found = compare(sample_campaign(50), campaign_of(sample_columns(50), seed=1))
    assert not found.paired and "the seeds are 0 and 1" in found.why


def test_campaigns_without_a_run_in_common():
    with pytest.raises(StatisticsError, match="no run in common"):
        compare(campaign_of(sample_columns(5)), campaign_of(sample_columns(5, first=10)))


TOML = files("farside.mission").joinpath("chang-e-6.toml").read_text("utf-8")


def told(text, **about):
    """Return a campaign that was flown from a mission file."""
    campaign = campaign_of(sample_columns(40), **about)
    campaign.manifest.text = text
    return campaign


def test_what_differs_is_named_key_by_key():
    new = TOML.replace("isp_s = 310.0", "isp_s = 315.5").replace("[site]", "# moved\n[site]")
    new = new.replace('law = "constrained"', 'law = "polynomial"', 1)
    found = differences_of(told(TOML), told(new, seed=3))
    assert Difference("campaign.seed", "0", "3") in found
    assert Difference("vehicle.engine.isp_s", "310", "315.5") in found
    assert str(found[-1]).startswith(found[-1].key)
    # a comment, or another way to write a number, is no difference
    same = TOML.replace("isp_s = 310.0", "isp_s = 3.1e2  # s")
    assert differences_of(told(TOML), told(same)) == ()


def test_a_key_that_one_file_lacks_and_rows_by_their_name():
    a = '[dispersions]\nmass_percent = 1\n[[phase]]\nname = "hover"\nspeed_mps = 1.0\n'
    b = '[[phase]]\nname = "fall"\n[[phase]]\nname = "hover"\nspeed_mps = 2.0\n'
    assert differences_of(told(a), told(b)) == (
        Difference("dispersions.mass_percent", "1", "not given"),
        Difference("phase.hover.speed_mps", "1", "2"),
        Difference("phase (order)", "[hover]", "[fall, hover]"),
        Difference("phase.fall.name", "not given", "fall"),
    )


def test_rasters_and_versions_are_told():
    a, b = told(""), told("")
    a.manifest.dems = [SimpleNamespace(path="/x/a.tif", sha256="0123456789")]
    a.manifest.farside, b.manifest.farside = "0.1.0", "0.2.0"
    assert [str(each) for each in differences_of(a, b)] == [
        "campaign.farside: 0.1.0 in A, 0.2.0 in B",
        "campaign.dems: [a.tif (01234567)] in A, [] in B",
    ]


@pytest.fixture
def pair():
    """Return two campaigns of which B saves 4 kg and draws another mass."""
    before, after = sample_columns(120), sample_columns(120)
    after["propellant_kg"] = before["propellant_kg"] - 4.0
    after["input_mass_percent"] = before["input_mass_percent"] + 1.5
    fail(before, 17, "crashed", touchdown_vertical_speed_mps=-20.0)
    a, b = campaign_of(before), campaign_of(after)
    a.manifest.text, b.manifest.text = TOML, TOML.replace("isp_s = 310.0", 'isp_s = "<b>$x"', 1)
    return a, b


def test_the_page_of_a_comparison(pair, tmp_path):
    found = compare(*pair, name_a="a $1$ <b>", name_b="b")
    path = write_comparison_page(*pair, found, tmp_path / "new" / "page.html")
    page = path.read_text("utf-8")
    assert "a $1$ &lt;b&gt;" in page and "<b>$x" not in page and "&lt;b&gt;$x" in page
    assert "B saves 4.0 kg of propellant" in page
    assert "<code>vehicle.engine.isp_s</code>" in page
    # success, shifts, and one figure an outcome, with a limit where there is one
    assert page.count("<svg") == 2 + len(found.outcomes)
    assert "limit 3.80 m/s" in page
    # only the mass was drawn from another distribution
    assert page.count('<span class="bad">') == 1
    # 'a $1$ <b>', quoted for the shell
    assert "farside replay &#x27;a $1$ &lt;b&gt;&#x27; --run 17  # crashed" in page
    facts = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert facts["differences"] == [{"key": "vehicle.engine.isp_s", "a": "310", "b": "<b>$x"}]


def test_the_page_of_other_seeds_and_of_few_flights(tmp_path):
    a, b = campaign_of(sample_columns(3)), campaign_of(sample_columns(2), seed=1)
    page = write_comparison_page(a, b, compare(a, b), tmp_path / "p.html").read_text("utf-8")
    assert "no run of A is one of B" in page and page.count("<svg") >= 5


@pytest.mark.parametrize("flights", [1, 2])
def test_too_few_flights_are_told_as_such(tmp_path, flights):
    """No bounds: nothing is said to be the same, and no empty figure stands on the page."""
    a = sample_campaign(flights, 0)
    b = sample_campaign(flights, 1, sampling="plain")
    found = compare(a, b)
    assert not any(math.isfinite(each.shift.low) for each in found.outcomes)
    assert "of each are too few to tell whether propellant" in found.verdict
    assert "nothing else changed" not in found.verdict
    text = write_comparison_page(a, b, found, tmp_path / "c.html").read_text("utf-8")
    assert "The shift of each outcome" not in text
    enough = compare(sample_campaign(40, 0), sample_campaign(40, 1, sampling="plain"))
    assert enough.verdict.startswith("B ")


@pytest.mark.parametrize(("flights", "told"), [(3, False), (9, False), (10, True)])
def test_too_few_flights_are_said_not_called_the_same(flights, told, tmp_path):
    """Ten pairs are the fewest that have bounds; the table has a dash for fewer."""
    a = campaign_of(sample_columns(flights))
    b = campaign_of(sample_columns(flights))
    found = compare(a, b)
    few = f"{flights} flights of each are too few to tell whether propellant"
    assert (few in found.verdict) is not told
    assert ("nothing else changed" in found.verdict) is told
    assert ("takes the same propellant" in found.verdict) is told
    page = write_comparison_page(a, b, found, tmp_path / "p.html").read_text("utf-8")
    assert "\u2013 to \u2013" not in page + found.verdict
    out = Console(file=io.StringIO(), width=120)
    out.print(comparison_table(found))
    assert "\u2013 to \u2013" not in out.file.getvalue()
