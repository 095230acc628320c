"""The recordings that the models learn from: those that ship inside the package aeon."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from aeon.datasets import load_basic_motions, load_italy_power_demand


@dataclass(frozen=True)
class Recordings:
    """One split of a data set."""

    """[B][C][L] float32"""
    x: np.ndarray
    """[B] int64: places in the data set's labels"""
    y: np.ndarray

    def __len__(self):
        return len(self.y)

    def __getitem__(self, cases):
        return Recordings(self.x[cases], self.y[cases])


@dataclass(frozen=True)
class DataSet:
    name: str
    """The folder of its model."""
    folder: str
    load: Callable
    """Our label of each class, by the name in the file, in the order of the classifier's outputs."""
    labels: dict[str, str]
    channel_names: list[str]
    """What a case is, for the model card."""
    about: str
    """What the model predicts, and where that ends, for the model card."""
    limits: str
    citation: str
    url: str

    def split(self, name):
        """The split of that name, `train` or `test`, as the archive cut it."""
        x, y = self.load(split=name)
        classes = list(self.labels)
        return Recordings(x.astype(np.float32), np.array([classes.index(label) for label in y]))


BASIC_MOTIONS = DataSet(
    name="BasicMotions",
    folder="basic-motions",
    load=load_basic_motions,
    labels={name: name for name in ("badminton", "running", "standing", "walking")},
    channel_names=[f"{sensor}_{axis}" for sensor in ("accelerometer", "gyroscope") for axis in "xyz"],
    about="""Four students wore a smart watch and did four activities, five times each. A case is ten seconds of its
three-axis accelerometer and three-axis gyroscope, ten readings a second: 6 channels × 100 steps, as they were measured.
The archive states neither units nor which axis comes first; the channels are named in the order of its description.""",
    limits="""- 80 cases of 4 people on one make of watch: accuracy on other people, wrists and watches is unknown.
- It knows four activities and says one of them whatever it is shown: driving, falling, a watch on the table.
- The archive does not say who is in which split: each person may be in both.
- Training shifts recordings in time, so a window may begin anywhere in an activity, but not span two.""",
    citation="""A. Bagnall, H. A. Dau, J. Lines, M. Flynn, J. Large, A. Bostrom, P. Southam, E. Keogh:
The UEA multivariate time series classification archive, 2018. arXiv:1811.00075""",
    url="https://www.timeseriesclassification.com/description.php?Dataset=BasicMotions",
)

ITALY_POWER_DEMAND = DataSet(
    name="ItalyPowerDemand",
    folder="italy-power-demand",
    load=load_italy_power_demand,
    labels={"1": "october-march", "2": "april-september"},
    channel_names=["power_demand"],
    about="""A case is one day of Italy's electrical power demand, a value an hour: 1 channel × 24 steps. The archive
has each day brought to mean 0 and standard deviation 1 (the one that divides by 23), so a live day must be too. It calls
the classes 1 and 2; the halves of the year are given to them in the order of its description, which their days bear out:
the demand of the first peaks early in the evening, that of the second late.""",
    limits="""- One country's demand before 2006: other places and years have other days.
- It knows two halves of the year and says one of them whatever it is shown.
- A window must be one day from its first hour, brought to mean 0 and standard deviation 1, as those learnt were.""",
    citation="""E. Keogh, L. Wei, X. Xi, S. Lonardi, J. Shieh, S. Sirowy: Intelligent icons: integrating lite-weight
data mining and visualization into GUI operating systems. ICDM 2006.
H. A. Dau, A. Bagnall, K. Kamgar, C.-C. M. Yeh, Y. Zhu, S. Gharghabi, C. A. Ratanamahatana, E. Keogh:
The UCR time series archive. IEEE/CAA Journal of Automatica Sinica 6(6), 2019. arXiv:1810.07758""",
    url="https://www.timeseriesclassification.com/description.php?Dataset=ItalyPowerDemand",
)

DATA_SETS = {data_set.folder: data_set for data_set in (BASIC_MOTIONS, ITALY_POWER_DEMAND)}
