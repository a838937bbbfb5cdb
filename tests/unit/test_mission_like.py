"""A mission file that holds what differs from another: merged key by key, refused in one line."""

import tomllib

import pytest

from farside.campaign import plan_campaign
from farside.cli.main import main
from farside.mission import (
    MissionError,
    failure_names,
    load_mission,
    mission_path,
    mission_text,
    parse_mission,
)
from farside.mission.instruments import Altimeter

EAGLE = 'name = "mine"\nlike = "apollo-11"\n'
HEAD = 'name = "mine"\nlike = "chang-e-6"\n'


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="mine.toml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return to_file


def test_what_is_not_said_is_the_other_missions(write):
    base = load_mission("chang-e-6")
    mine = load_mission(write(HEAD + "[vehicle.engine]\nisp_s = 300.0\n"))
    assert mine == base.replace({"name": "mine", "vehicle.engine.isp_s": 300.0})
    assert parse_mission(HEAD) == base.replace("name", "mine")


def test_an_array_counts_as_a_whole(write):
    base = load_mission("apollo-11")
    row = base.to_toml().rpartition("[[gates]]")[2].partition("\n\n")[0]
    mine = load_mission(write(EAGLE + f"[[gates]]{row}\n"))
    assert len(base.gates) > 1
    assert mine.gates == base.gates[-1:]


def test_what_is_left_out_does_not_count(write):
    mine = load_mission(write(EAGLE + 'without = ["gates", "sensors.altimeter"]\n'))
    assert mine.gates == ()
    assert mine.sensors.altimeter == Altimeter()
    assert mine.sensors.altimeter != load_mission("apollo-11").sensors.altimeter
    assert mine.sensors.imu == load_mission("apollo-11").sensors.imu


def test_files_may_be_like_files_of_their_folder(write, monkeypatch, tmp_path):
    write(HEAD + "guidance.rate_limit_dps = 5.0\n", "lib/base.toml")
    write('name = "b"\nlike = "lib/base.toml"\nguidance.tilt_limit_deg = 40.0\n', "b.toml")
    path = write('name = "c"\nlike = "../b.toml"\n', "lib/c.toml")
    found = load_mission(path)
    assert found.name == "c"
    assert found.guidance.rate_limit_dps == 5.0
    assert found.guidance.tilt_limit_deg == 40.0
    monkeypatch.chdir(tmp_path / "lib")
    assert load_mission("./c.toml") == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD.replace("-6", "-66"), "2: like: 'chang-e-66': no such mission (did you mean chang-"),
        (HEAD.replace('"chang-e-6"', "6"), "2: like: 6 must be a text"),
        (HEAD.replace("chang-e-6", ""), "2: like: '' must be one line of at most 120"),
        ('like = "chang-e-6"\n', "name: missing; a mission like chang-e-6 has its own"),
        ('name = "a"\nwithout = ["gates"]\n', "2: without: without like it leaves nothing out"),
        (HEAD + 'without = ["sits"]\n', "3: without: chang-e-6 has no sits; did you mean site?"),
        (HEAD + 'without = ["site.x.y"]\n', "3: without: chang-e-6 has no site.x.y"),
        (HEAD + 'without = "gates"\n', "3: without: 'gates' must be an array"),
        (HEAD + f"without = {['gates'] * 101}\n", "3: without: 101 keys; at most 100"),
        (HEAD + "vehicle.engine.isp_s = -1.0\n", "3: vehicle.engine.isp_s: -1.0 must be above 0"),
        (HEAD + 'without = ["vehicle.engine.isp_s"]\n', "vehicle.engine.isp_s: missing; add it"),
        (HEAD + "vehicle = 3\n", "3: vehicle: 3 must be a table"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(text, said):
    with pytest.raises(MissionError) as caught:
        parse_mission(text, "mine.toml")
    assert said in str(caught.value)
    assert str(caught.value).startswith("mine.toml:") and "\n" not in str(caught.value)


def test_circles_and_long_chains_are_refused(write, tmp_path):
    path = write('name = "a"\nlike = "mine.toml"\n')
    with pytest.raises(MissionError, match=r"2: like: .*mine.toml like .*mine.toml: a circle"):
        load_mission(path)
    write('name = "b"\nlike = "lib/../mine.toml"\n', "b.toml")
    write('name = "a"\nlike = "./b.toml"\n')
    with pytest.raises(MissionError, match=r"b.toml like .*mine.toml like .*b.toml: a circle"):
        load_mission(tmp_path / "b.toml")
    for k in range(9):
        write(f'name = "c"\nlike = "c{k + 1}.toml"\n', f"c{k}.toml")
    write(HEAD, "c9.toml")
    assert load_mission(tmp_path / "c2.toml").name == "c"
    with pytest.raises(MissionError, match="more than 8 missions on end"):
        load_mission(tmp_path / "c0.toml")
    for other in ("..", "/dev/zero", "none.toml"):
        with pytest.raises(MissionError, match=r"2: like: .*(not a file|there is no such file)"):
            load_mission(write(f'name = "a"\nlike = "{other}"\n'))


def test_it_is_shown_and_kept_with_all_its_keys(write, capsys):
    path = write(HEAD)
    whole = mission_text(path)
    assert "like" not in tomllib.loads(whole)
    assert parse_mission(whole) == load_mission(path)
    assert main(["missions", "--show", str(path)]) == 0
    assert capsys.readouterr().out == f"# {path}\n{whole}"
    # a campaign keeps what it flies, whatever becomes of the other mission
    assert plan_campaign(path, 1).mission == load_mission(path)


@pytest.mark.parametrize("name", failure_names())
def test_a_shipped_one_reads_back_from_what_is_shown(name):
    assert parse_mission(mission_text(name)) == load_mission(name)
    held = tomllib.loads(mission_path(name).read_text("utf-8"))
    assert "like" in held
