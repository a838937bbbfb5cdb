# What crosses the border of hazard avoidance: a mission's limits, a scan, its map, the decision.

from libc.stdint cimport int32_t, int64_t, uint16_t, uint32_t

cdef enum:
    AVOID_VERSION = 4       # of these structs; one that changes counts it up
    AVOID_MOST_SITES = 5    # ranked on a map
    AVOID_MOST_SCANS = 32   # places of scans that are remembered
    AVOID_MOST_CELLS = 2048     # along a side of a map

cdef enum:                  # what farside_avoid_map_scan and its kin answer
    AVOID_OK = 0            # sites are safe
    AVOID_LEAST_BAD = 1     # nothing is safe: the only site is the least bad
    AVOID_BAD_CONFIG = 2    # not of this version, not whole, or with numbers that cannot be
    AVOID_NOT_STARTED = 3   # the workspace is too small, misaligned, moved or never started
    AVOID_BAD_SCAN = 4      # a number of the scan is not finite, or beyond its range
    AVOID_NO_RETURN = 5     # nothing fell on the map
    AVOID_BAD_HEIGHT = 6    # a return on the map is beyond the heights of the Moon
    AVOID_TOO_COARSE = 7    # returns so far apart miss the hazards
    AVOID_BELOW_GROUND = 8  # the sensor is not above the highest ground

cdef enum:                  # bits: what speaks against a cell
    HAZARD_SLOPE = 1        # the footprint's plane is too steep
    HAZARD_ROUGH = 2        # ground deviates too much from that plane
    HAZARD_UNSEEN = 4       # the footprint holds a cell without height
    HAZARD_EDGE = 8         # the footprint leaves the map
    HAZARD_SHADOW = 16      # with UNSEEN: some of it is hidden by higher ground
    HAZARD_NEAR = 32        # safe itself, but a cell within the navigation error is not
    HAZARD_STAND_SLOPE = 64     # on its legs the lander would stand too steep
    HAZARD_BELLY = 128      # ground would reach the belly
    HAZARD_UNSURE = 256     # a safe landing is not probable enough
    HAZARD_OUT_OF_REACH = 512   # its cost is not finite

cdef enum:                  # what is done after a scan
    AVOID_LAND = 0          # aim at the site, and come down
    AVOID_SCAN_AGAIN = 1    # move to `aim`, and scan from there

cdef enum:                  # why; farside.avoidance.DecisionReason
    AVOID_ACCEPTED = 0      # the best site needs no other scan
    AVOID_UNSAFE = 1        # no site is safe: scan again, further away
    AVOID_CLOSE = 2         # the best site has too little clearance: scan again
    AVOID_UNSURE = 3        # the best site has too small a probability: scan again
    AVOID_NO_TRANSLATION = 4    # the best site of all scans: there can be no other
    AVOID_OUT_OF_TIME = 5   # the same: the hover has no time for another
    AVOID_OUT_OF_PROPELLANT = 6     # the same: the way down needs what is left
    AVOID_NO_MAP = 7        # nothing was mapped: come down where it hangs

cdef enum:                  # of AvoidConfig.rule
    RULE_LEGS = 0
    RULE_DISC = 1


cdef struct AvoidFit:       # farside.terrain.probability.Margin
    double scale
    double scale_x
    double scale_xx
    double bias
    double bias_x
    double bias_xx
    double bias_xxx
    double above
    double far
    double below


cdef struct AvoidConfig:
    uint32_t size           # sizeof(farside_avoid_config)
    uint32_t version        # AVOID_VERSION
    uint32_t checksum       # FNV-1a of the numbers that follow, then of both tables
    int32_t rule
    int32_t rows            # of the map
    int32_t cols
    int32_t rank_by_cost    # a cost map ranks the sites; else the distance does
    int32_t accepted_count
    int32_t blur_reach      # cells from the middle of `blur` to its end; -1: no touchdown error
    int32_t disc_reach_y    # sizes of the tables
    int32_t disc_reach_x
    int32_t disc_blocks
    int32_t disc_runs
    int32_t legs
    int32_t headings
    int32_t triples
    int32_t pairs
    int32_t legs_margin
    int32_t legs_side
    int32_t legs_blocks
    int32_t legs_runs
    int32_t pad_reach
    double cell_m
    double footprint_m
    double slope_deg        # limits
    double roughness_m
    double belly_m          # what the touchdown leaves of the clearance, in the mean
    double margin_m         # that the disc rule first keeps off roughness_m
    double navigation_error_m   # 3 sigma, of the touchdown against the map
    double room_m           # clearance of a site that is taken without another scan
    double sure             # probability of such a site
    double fair             # probability of a site that may be taken at all
    double accepted[2]      # probabilities asked for, one after the other
    double hopeless         # disc's probability below which legs are not measured
    double band_sigma       # rises further off the belly clearance need not be exact
    double least_weight     # of the returns of a cell that counts as seen
    double beam_tan[2]      # tangents of the lidar's half field of view: across and along
    double beam_returns[2]  # returns across and along
    double sharpening       # of what a cell stands above its neighbours
    double lost_per_m       # of a top, per metre of cell and spacing
    double amplified        # noise of a sharpened map
    double no_noise_m       # in the place of 0
    double common_relief_m
    double lowest_m         # heights of the Moon
    double highest_m
    double tan_slope
    double disc_tilt_per_m
    double legs_radius_m
    double legs_tilt[2]     # gain and count: farside.terrain.sensitivity
    double legs_lift[2]
    double rest[3]          # 1-sigma of the touchdown: belly [m], tilt (tangent), tilt per slope
    double legs_reach_x     # half axes of the footprint [cells]
    double legs_reach_y
    double legs_rim_m       # within which all ground must be seen
    double disc_rim_m       # the same of the disc
    double heading_step_deg
    AvoidFit fits[3]
    double noise_middle
    double noise_least
    double noise_most
    double together
    double disc_spread      # sum |e| over the disc
    double legs_weight_clearance    # of the legs rule's score; the rest is that of the cost
    double legs_clearance_scale_m
    double weight_clearance     # of the disc rule's score
    double weight_slope
    double weight_roughness
    double weight_cost
    double clearance_scale_m
    double usual_heading_deg    # azimuth of body x, east of north
    double sidestep_m       # 0: never
    double far_steps        # where nothing at all is safe
    double fresh_distance   # from every earlier scan, in sidesteps, of ground that is new
    double hover_limit_s
    double another_scan_s   # that a sidestep and another scan take
    double way_down_s
    double dry_mass_kg
    double exhaust_mps
    double gravity_mps2
    int64_t whole_count     # members of the tables
    int64_t real_count
    const int32_t* whole    # layout of footprint and legs: `farside export mission --c` writes it
    const float* real


cdef struct AvoidScan:
    const double* points    # count x 3: east, north, up [m], site; what is not finite is no return
    int64_t count
    double sensor[3]        # the lander in the middle of the scan, site
    double sigma_m          # noise of a return, 1 sigma
    double spacing_m        # of the returns on the ground; below 0: as the mission's lidar has it
    const float* cost_kg    # rows x cols: of reaching each cell, not finite: out of reach; or NULL
    double cost_scale_kg    # what of it is worth half: what the tank can spare
    double ground_m         # height of the ground beneath by other sensors, site
    double ground_sigma_m   # of it, 1 sigma; 0: not known, and a false lidar is believed


cdef struct AvoidSite:
    double east_m
    double north_m
    double height_m
    double slope_deg
    double roughness_m
    double clearance_m
    double score            # 0 to 1, more is better; 0 for the least bad
    double cost             # to reach it: metres, or kilograms of the cost map
    double exceedance       # worst ratio to a limit within the navigation error; of the least bad
    double probability      # that a landing there is safe; NaN by the disc rule
    double bound            # conservative lower bound of the same
    double heading_deg      # best heading of the first pad, from east towards north; NaN: none
    int32_t reasons         # bits of HAZARD_...
    int32_t least_bad


cdef struct AvoidMap:
    int32_t status          # as farside_avoid_map_scan answers
    int32_t count           # of the sites, the best first
    int32_t rows
    int32_t cols
    double east_m           # centre of cell [0, 0]; rows run north
    double north_m
    double cell_m
    double level_m          # median height
    double spacing_m        # of the returns, as taken
    double lowered_m        # by so much the map lay above the ground known beneath; 0: it did not
    double ground_m         # the ground known beneath; 0 where it is not
    AvoidSite sites[AVOID_MOST_SITES]
    const float* heights    # rows x cols, in the workspace, until the next scan; NaN: not seen
    const float* slope_deg
    const float* roughness_m
    const float* clearance_m
    const float* probability    # NULL by the disc rule
    const uint16_t* reasons


cdef struct AvoidMemory:    # of one lander, between scans
    int32_t scans
    int32_t held            # whether `best` is a site
    double seen_from[AVOID_MOST_SCANS][2]   # east and north of every scan
    AvoidSite best          # so far


cdef struct AvoidNow:
    double r_site[3]        # the lander's centre of mass
    double mass_kg
    double hovered_s        # since the hover began


cdef struct AvoidDecision:
    int32_t action          # AVOID_LAND or AVOID_SCAN_AGAIN
    int32_t reason
    double aim[3]           # for farside_aim, site
    double heading_rad      # for farside_aim; NaN: none is asked for
    double divert_m         # from here to the aim
    AvoidSite site          # the best so far; zeros where the reason is AVOID_NO_MAP
