"""The autopilot as a Basilisk module in Python, with conversions of its own.

It calls the same tick through Python; its frames come from farside.mission.frames and its attitude
from Basilisk's own library, so that it checks the C conversions, and times what they replace.
"""

from types import SimpleNamespace

import numpy as np
from Basilisk.architecture import messaging, sysModel
from Basilisk.utilities import RigidBodyKinematics

from farside.adapters.basilisk.autopilot import (
    NOZZLES,
    ON_TIME_S,
    nozzle_thrusts_n,
)
from farside.guidance import Autopilot
from farside.mission.attitude import quaternion_of_axes
from farside.mission.frames import SiteFrame
from farside.mission.moon import MEAN_RADIUS_M


class Messages(sysModel.SysModel):
    """The messages of `AutopilotModule`, and its bank of nozzles."""

    def __init__(self, mission):
        super().__init__()
        self.ModelTag = "python"
        self.scStateInMsg = messaging.SCStatesMsgReader()
        self.massInMsg = messaging.SCMassPropsMsgReader()
        self.onTimeOutMsg = messaging.THRArrayOnTimeCmdMsg()
        self.torqueOutMsg = messaging.CmdTorqueBodyMsg()
        self.mission = mission
        radius = MEAN_RADIUS_M + mission.site.elevation_m
        self.frame = SiteFrame(mission.site.latitude_deg, mission.site.longitude_deg, radius)
        self.autopilot = Autopilot(mission, radius)
        self.smallest_n = nozzle_thrusts_n(mission)[0]
        self.core = SimpleNamespace(landed=False, touchdown=None)
        self.owed = 0.0
        self.ignition = None
        self.dv = 0.0

    def com_height(self, mass):
        vehicle = self.mission.vehicle
        share = (mass - vehicle.descent_mass_kg) / vehicle.usable_propellant_kg + 1.0
        body = vehicle.body
        return body.com_height_dry_m + share * (body.com_height_full_m - body.com_height_dry_m)

    def write(self, nanos, thrust_n, torque_nm):
        on = [0.0] * 36
        if thrust_n > 0.0:
            if self.ignition is None:
                self.ignition = round(self.mission.vehicle.engine.ignition_delay_s / 0.01)
            if self.ignition > 0:
                self.ignition -= 1
            else:
                most = 2**NOZZLES - 1
                wanted = min(max(thrust_n + self.owed, 0.0), most * self.smallest_n)
                units = min(int(wanted / self.smallest_n + 0.5), most)
                self.owed = wanted - units * self.smallest_n
                for i in range(NOZZLES):
                    if units >> i & 1:
                        on[i] = ON_TIME_S
        times = messaging.THRArrayOnTimeCmdMsgPayload()
        times.OnTimeRequest = on
        self.onTimeOutMsg.write(times, nanos, self.moduleID)
        torque = messaging.CmdTorqueBodyMsgPayload()
        torque.torqueRequestBody = torque_nm
        self.torqueOutMsg.write(torque, nanos, self.moduleID)


class PythonModule(Messages):
    """The same tick, called from Python."""

    def UpdateState(self, nanos):
        k = nanos // 10_000_000
        state = self.scStateInMsg()
        mass = self.massInMsg().massSC
        r, v = self.frame.from_inertial(state.r_CN_N, state.v_CN_N, k * 0.01)
        # Directions turn as positions do, less where the origin goes.
        axes_n = RigidBodyKinematics.MRP2C(state.sigma_BN)  # rows: axes of B in N
        axes, _ = self.frame.from_inertial(axes_n, np.zeros((3, 3)), k * 0.01)
        axes = axes - self.frame.centre_site
        dv = state.TotalAccumDV_BN_B[2]
        e = self.autopilot.estimate
        e["r_site"], e["v_site"] = r, v
        e["q_site_body"] = quaternion_of_axes(*axes)
        e["omega_body"] = state.omega_BN_B
        e["mass_kg"] = mass
        e["accel_mps2"] = (dv - self.dv) / 0.01 if k else 0.0
        self.dv = dv
        base = r - self.com_height(mass) * axes[2]
        height = float(np.linalg.norm(base - self.frame.centre_site)) - self.frame.radius_m
        e["height_m"] = height
        if height <= 0.0 and not self.core.landed:
            self.core.landed = True
            self.core.touchdown = {
                "time_s": k * 0.01,
                "r_site": base,
                "v_site": v,
                "q_site_body": e["q_site_body"][0].copy(),
                "mass_kg": mass,
            }
        e["contact"] = e["rest"] = self.core.landed
        command = self.autopilot.tick(k)[0]
        self.write(nanos, float(command["thrust_n"]), command["torque_nm"].tolist())
