"""Rock laws in a mission file: what each needs, and what is refused."""

import re

import pytest

from farside.mission import MissionError, load_mission, parse_mission

MISSION = load_mission("chang-e-6")
TEXT = MISSION.to_toml()
OF_THE_LAW = re.compile(r"^rock_(law|abundance|decay_per_m|count_per_m2|exponent) = .*\n", re.M)


def with_law(*lines):
    text = OF_THE_LAW.sub("", TEXT)
    return text.replace("[ground]\n", "[ground]\n" + "".join(f"{line}\n" for line in lines))


POWER = ('rock_law = "power"', "rock_count_per_m2 = 6.9e-4", "rock_exponent = 2.56")
EXPONENTIAL = ('rock_law = "exponential"', "rock_abundance = 0.0125")


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("rock_abundance = 0.01",),
        ("rock_abundance = 0.01", "rock_decay_per_m = 2.0"),
        EXPONENTIAL,
        (*EXPONENTIAL, "rock_decay_per_m = 1.743"),
        POWER,
    ],
)
def test_a_whole_law_is_read_and_written(lines):
    mission = parse_mission(with_law(*lines))
    assert parse_mission(mission.to_toml()) == mission


def test_a_file_without_a_law_has_one_per_cent_of_rocks():
    assert parse_mission(with_law()).ground.rock_share == 0.01


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (EXPONENTIAL[:1], "ground.rock_abundance: missing; rock_law"),
        (POWER[:2], "ground.rock_exponent: missing; rock_law"),
        ((POWER[0], POWER[2]), "ground.rock_count_per_m2: missing; rock_law"),
        ((*POWER, "rock_abundance = 0.01"), "ground.rock_abundance: belongs to"),
        ((*POWER, "rock_decay_per_m = 2.0"), "ground.rock_decay_per_m: belongs to"),
        ((*EXPONENTIAL, "rock_exponent = 2.0"), "ground.rock_exponent: belongs to"),
        (("rock_count_per_m2 = 1e-3",), "ground.rock_count_per_m2: belongs to"),
        (('rock_law = "weibull"',), "ground.rock_law"),
        ((*EXPONENTIAL, "rock_decay_per_m = 0.0"), "ground.rock_decay_per_m"),
        (("rock_abundance = 0.5",), "ground.rock_abundance"),
        ((POWER[0], "rock_count_per_m2 = 0.05", "rock_exponent = 3.0"), "of the ground with rocks"),
    ],
)
def test_a_law_without_its_parameters_is_refused_in_one_line(lines, said):
    with pytest.raises(MissionError) as refused:
        parse_mission(with_law(*lines))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rock_diameter_m", (0.05, 1.0)),
        ("rock_diameter_m", (2.0, 1.0)),
        ("rock_axis_ratio", (0.0, 1.0)),
        ("rock_burial", (0.1, 0.95)),
        ("rock_irregularity", 0.4),
        ("rock_cluster_share", 1.0),
        ("rock_cluster_crater_m", 0.0),
        ("crater_fresh_share", 0.0),
        ("crater_ray_contrast", 1.0),
    ],
)
def test_a_value_out_of_range_is_refused(key, value):
    with pytest.raises(MissionError, match=f"ground.{key}"):
        MISSION.replace(f"ground.{key}", value)


def test_shipped_missions_name_their_law():
    laws = {name: load_mission(name).ground for name in ("chang-e-6", "chang-e-4", "apollo-11")}
    assert laws["chang-e-6"].rock_law == laws["chang-e-4"].rock_law == "exponential"
    assert laws["chang-e-6"].rock_decay_per_m == 1.743
    # Surveyor III: 0.72 rocks of 0.4 m per 100 m2
    eleven = laws["apollo-11"]
    count, b = eleven.rock_count_per_m2, eleven.rock_exponent
    assert 100.0 * count * 0.4**-b == pytest.approx(0.72, rel=0.01)
