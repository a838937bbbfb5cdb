"""
An altimeter that fails on the way down
=======================================

One hundred metres of bias, then noise of thirty times what was specified: what does the filter do with
an altimeter that lies? Three flights of Chang'e 6 with the same seed, whose readings are good, biased
and noisy from 500 s on.
"""

import matplotlib.pyplot as plt
import numpy as np

import farside

CASES = {
    "works": [],
    "bias of 100 m": ["altimeter bias 100 from 500 s"],
    "noise of 30 times": ["altimeter noise 30 from 500 s"],
}
