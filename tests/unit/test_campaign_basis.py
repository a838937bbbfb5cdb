"""What a campaign's figures rest on: sampling, bound, condition, each said where they are shown."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from sample_campaign import campaign_of, fail, sample_campaign, sample_columns
from scipy import stats

from farside.campaign.compare import compare
from farside.campaign.page import write_campaign_page
from farside.campaign.sampling import SCRAMBLES, sampler, scrambles_of
from farside.campaign.statistics import clopper_pearson, summarise
from farside.campaign.statistics.basis import basis_of, share_over
from farside.cli.campaign_tables import success_line
from farside.mission import load_mission
from farside.mission.faults import Fault

RUN = np.arange(800)
WORKING = "given working units and the declared errors"


def clustered(scramble=3, failures=40):
    """Return flights of which one scramble has all the failures."""
    kept = np.ones(len(RUN), bool)
    kept[np.flatnonzero(RUN % SCRAMBLES == scramble)[:failures]] = False
    return kept


def test_plain_draws_have_the_exact_binomial_bounds():
    kept = clustered()
    share = share_over(kept, RUN, 0)
    assert (share.low, share.high) == clopper_pearson(760, 800)
    assert (share.least, share.most) == clopper_pearson(760, 800, 0.90)


def test_scrambles_have_student_s_t_over_their_shares_where_that_is_wider():
    """Beside scipy's own interval of a mean of 16."""
    kept = clustered()
    shares = [kept[RUN % SCRAMBLES == r].mean() for r in range(SCRAMBLES)]
    for order in (np.arange(800), np.random.default_rng(1).permutation(800)):
        share = share_over(kept[order], RUN[order], SCRAMBLES)
        two = stats.t.interval(0.95, 15, np.mean(shares), stats.sem(shares))
        one = stats.t.interval(0.90, 15, np.mean(shares), stats.sem(shares))
        assert (share.low, share.least) == pytest.approx((two[0], one[0]), abs=1e-12)
        assert (share.high, share.most) == (1.0, pytest.approx(min(one[1], 1.0)))
        # one sequence holds every failure: the binomial bound saw nothing of it
        assert share.least < clopper_pearson(760, 800, 0.90)[0] - 0.02


def test_scrambles_that_agree_keep_the_binomial_bounds():
    for kept in (np.ones(800, bool), RUN // SCRAMBLES % 10 != 0):
        share = share_over(kept, RUN, SCRAMBLES)
        assert (share.least, share.most) == clopper_pearson(share.count, 800, 0.90)


@pytest.mark.parametrize("scrambles", [1, 9])
def test_fewer_than_ten_scrambles_have_no_bound(scrambles):
    share = share_over(clustered(), RUN, scrambles)
    assert (share.low, share.high, share.least, share.most) == (0.0, 1.0, 0.0, 1.0)
    # a point of each of them is independent of the others
    few = share_over(np.ones(scrambles, bool), RUN[:scrambles], scrambles)
    assert few.least == pytest.approx(clopper_pearson(scrambles, scrambles, 0.90)[0])


def test_the_manifest_says_how_many_scrambles_there_are():
    assert scrambles_of("plain", sampler("plain")) == 0
    assert scrambles_of("sobol", sampler("sobol")) == SCRAMBLES
    # a folder that was flown before there were several
    assert scrambles_of("sobol", "scipy 1.14.1") == 1


def words_of(tmp_path, campaign):
    """Return the page in plain words, the line of the terminal and the JSON."""
    path = write_campaign_page(campaign, tmp_path / "a.html")
    page = " ".join(re.sub(r"<[^>]*>", " ", path.read_text("utf-8")).split())
    said = summarise(campaign)
    return page, success_line(said), json.loads(json.dumps(said.to_dict()))["basis"]


@pytest.mark.parametrize(
    ("sampling", "drawn", "bound"),
    [
        ("plain", "independent draws", "exact binomial bound (Clopper-Pearson)"),
        ("sobol", "16 scrambled Sobol sequences", "Student&#39;s t over 16 independent scrambles"),
    ],
)
def test_page_line_and_json_say_sampling_bound_and_condition(tmp_path, sampling, drawn, bound):
    page, line, basis = words_of(tmp_path, sample_campaign(64, sampling=sampling))
    assert drawn in page and bound in page and WORKING in page
    assert drawn in line and bound.replace("&#39;", "'") in line and WORKING in line
    assert bound.replace("&#39;", "'") in basis["bound"] and basis["given"] == WORKING
    assert basis["scrambles"] == {"plain": 0, "sobol": 16}[sampling]


def test_one_scramble_is_said_to_have_no_bound(tmp_path):
    columns = sample_columns(64)
    fail(columns, 9, "tipped")
    old = campaign_of(columns, sampler="scipy 1.14.1")
    page, line, basis = words_of(tmp_path, old)
    for words in (page, line, basis["bound"]):
        assert "no bound: 1 independent scrambles, 10 are needed" in words
    assert "Not shown: too few scrambles for a bound" in page
    assert "95 % confidence" not in line and "with 95 % confidence, given" not in page


def test_a_mission_with_faults_says_that_they_are_given(tmp_path):
    mission = load_mission("chang-e-6")
    dead = Fault(unit="gyro", kind="zero", from_s=300.0, probability=0.1)
    failing = replace(mission, faults=(dead,))
    assert basis_of(mission, "plain", "").given == WORKING
    told = "given the faults of the mission file with their probabilities"
    assert basis_of(failing, "plain", "").given.startswith(told)
    page, line, _ = words_of(tmp_path, replace(sample_campaign(40), mission=failing))
    assert told in page and told in line and WORKING not in page


def test_a_comparison_says_where_the_two_rest_on_different_things():
    dead = Fault(unit="gyro", kind="zero", from_s=300.0)
    a, b = sample_campaign(40, sampling="plain"), sample_campaign(40, 1, sampler="scipy 1.14.1")
    b = replace(b, mission=replace(b.mission, faults=(dead,)))
    notes = compare(a, b).notes
    assert any(note.startswith("B has no bound: 1 independent") for note in notes)
    assert any(f"A is {WORKING}, B given the faults" in note for note in notes)
    same = compare(a, sample_campaign(40, 1, sampling="plain")).notes
    assert not any("bound" in note or "given" in note for note in same)
