/* The host's own physics, for land.c and udp_client.c: a rigid body over flat ground, perfect sensors.
 *
 * Central gravity in the turning site frame, an engine with a delay at ignition and a first-order
 * lag, thrusters that give the torque they are asked for. Needs mission.h before it.
 */
#ifndef TRUTH_H
#define TRUTH_H

#include <math.h>
#include <stdio.h>

#define TICK_S (1.0 / FARSIDE_TICK_HZ)
#define LONGEST_S 1500.0

typedef struct lander {
    double r[3], v[3];  /* centre of mass [m], velocity [m/s]; site */
    double q[4], w[3];  /* body to site; turning [rad/s], body */
    double mass_kg, thrust_n, ignited_s;
} lander;

/* A quantity of the vehicle that is linear in its mass. */
static double between(const lander *l, double full, double dry)
{
    const farside_table *t = &mission_table;
    return dry + (full - dry) * (l->mass_kg - t->mass_dry_kg) / (t->mass_full_kg - t->mass_dry_kg);
}

/* Body z, the thrust's direction, in the site frame. */
static void thrust_axis(const double q[4], double z[3])
{
    z[0] = 2.0 * (q[1] * q[3] + q[0] * q[2]);
    z[1] = 2.0 * (q[2] * q[3] - q[0] * q[1]);
    z[2] = 1.0 - 2.0 * (q[1] * q[1] + q[2] * q[2]);
}

/* a = thrust z - gm rho / rho^3 - 2 omega x v - omega x (omega x rho), rho from the Moon's centre. */
static void acceleration(const double r[3], const double v[3], const double thrust[3], double a[3])
{
    const farside_table *t = &mission_table;
    const double *w = t->omega_site;
    const double rho[3] = {r[0], r[1], r[2] + t->radius_m};
    const double rho2 = rho[0] * rho[0] + rho[1] * rho[1] + rho[2] * rho[2];
    const double g = t->gm / (rho2 * sqrt(rho2));
    const double w2 = w[0] * w[0] + w[1] * w[1] + w[2] * w[2];
    const double along = w[0] * rho[0] + w[1] * rho[1] + w[2] * rho[2];
    for (int i = 0; i < 3; i++) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        const double coriolis = -2.0 * (w[j] * v[k] - w[k] * v[j]);
        a[i] = thrust[i] - g * rho[i] + coriolis + w2 * rho[i] - along * w[i];
    }
}

/* Turn for a tick under a torque; the Moon's own turning of 3e-6 rad/s is left out. */
static void turn(lander *l, const double torque[3])
{
    const farside_table *t = &mission_table;
    double inertia[3], q[4], size = 0.0;
    const double *w = l->w;
    for (int i = 0; i < 3; i++)
        inertia[i] = between(l, t->inertia_full[i], t->inertia_dry[i]);
    const double gyro[3] = {
        (inertia[1] - inertia[2]) * w[1] * w[2],
        (inertia[2] - inertia[0]) * w[2] * w[0],
        (inertia[0] - inertia[1]) * w[0] * w[1],
    };
    for (int i = 0; i < 3; i++)
        l->w[i] += TICK_S * (torque[i] + gyro[i]) / inertia[i];
    const double h = 0.5 * TICK_S;
    q[0] = l->q[0] - h * (l->q[1] * w[0] + l->q[2] * w[1] + l->q[3] * w[2]);
    q[1] = l->q[1] + h * (l->q[0] * w[0] + l->q[2] * w[2] - l->q[3] * w[1]);
    q[2] = l->q[2] + h * (l->q[0] * w[1] + l->q[3] * w[0] - l->q[1] * w[2]);
    q[3] = l->q[3] + h * (l->q[0] * w[2] + l->q[1] * w[1] - l->q[2] * w[0]);
    for (int i = 0; i < 4; i++)
        size += q[i] * q[i];
    for (int i = 0; i < 4; i++)
        l->q[i] = q[i] / sqrt(size);
}

/* One tick of physics; gives the specific force along body z. */
static double fly(lander *l, const farside_command *command)
{
    const farside_table *t = &mission_table;
    double z[3], thrust[3], a[3], half_r[3], half_v[3];
    if (command->thrust_n <= 0.0) {
        l->thrust_n = 0.0;
        l->ignited_s = 0.0;
    } else if ((l->ignited_s += TICK_S) > t->ignition_delay_s) {
        l->thrust_n += (command->thrust_n - l->thrust_n) * (1.0 - exp(-TICK_S / t->engine_lag_s));
    }
    thrust_axis(l->q, z);
    for (int i = 0; i < 3; i++)
        thrust[i] = l->thrust_n / l->mass_kg * z[i];
    acceleration(l->r, l->v, thrust, a); /* midpoint rule */
    for (int i = 0; i < 3; i++) {
        half_r[i] = l->r[i] + 0.5 * TICK_S * l->v[i];
        half_v[i] = l->v[i] + 0.5 * TICK_S * a[i];
    }
    acceleration(half_r, half_v, thrust, a);
    for (int i = 0; i < 3; i++) {
        l->r[i] += TICK_S * half_v[i];
        l->v[i] += TICK_S * a[i];
    }
    turn(l, command->torque_nm);
    l->mass_kg -= TICK_S * l->thrust_n / t->exhaust_mps;
    return l->thrust_n / l->mass_kg;
}

/* The base above flat ground: a sphere of the site's radius. */
static double height(const lander *l)
{
    const farside_table *t = &mission_table;
    return sqrt(l->r[0] * l->r[0] + l->r[1] * l->r[1] + pow(l->r[2] + t->radius_m, 2.0))
        - t->radius_m - between(l, t->com_height_full_m, t->com_height_dry_m);
}

/* Its speed upwards where it is: the site's own vertical leans by 20 degrees at the start. */
static inline double climb(const lander *l)
{
    const double up = l->r[2] + mission_table.radius_m;
    return (l->r[0] * l->v[0] + l->r[1] * l->v[1] + up * l->v[2])
        / sqrt(l->r[0] * l->r[0] + l->r[1] * l->r[1] + up * up);
}

/* A lander in the state of an estimate. */
static lander placed(const farside_estimate *estimate)
{
    lander l = {{0}, {0}, {0}, {0}, 0.0, 0.0, 0.0};
    for (int i = 0; i < 3; i++) {
        l.r[i] = estimate->r_site[i];
        l.v[i] = estimate->v_site[i];
        l.w[i] = estimate->omega_body[i];
    }
    for (int i = 0; i < 4; i++)
        l.q[i] = estimate->q_site_body[i];
    l.mass_kg = estimate->mass_kg;
    return l;
}

/* What perfect sensors see of it. */
static void observe(const lander *l, farside_estimate *estimate)
{
    for (int i = 0; i < 3; i++) {
        estimate->r_site[i] = l->r[i];
        estimate->v_site[i] = l->v[i];
        estimate->omega_body[i] = l->w[i];
    }
    for (int i = 0; i < 4; i++)
        estimate->q_site_body[i] = l->q[i];
    estimate->mass_kg = l->mass_kg;
    estimate->height_m = height(l);
}

/* Say how it came down; 0 where that was gentle. */
static int touched_down(const lander *l, int64_t tick)
{
    double z[3];
    thrust_axis(l->q, z);
    const double across = hypot(l->v[0], l->v[1]), tilt = acos(fmin(z[2], 1.0));
    const double miss = hypot(l->r[0], l->r[1]);
    const int gentle = height(l) <= 0.0 && l->v[2] > -3.5 && across < 0.5 && tilt < 0.1;
    printf("%7.2f s  touchdown %.2f m from the site: %.2f m/s down, %.3f m/s across, "
           "tilted %.2f deg, %.1f kg of propellant\n",
           tick * TICK_S, miss, -l->v[2], across, tilt * 57.29577951308232,
           mission_table.mass_full_kg - l->mass_kg);
    puts(gentle ? "landed" : "did not land gently");
    return gentle ? 0 : 1;
}

#endif
