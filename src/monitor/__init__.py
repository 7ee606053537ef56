"""A news monitor for analysts: topics and claims across English, Chinese and Russian feeds."""

__version__ = "0.1.0"
